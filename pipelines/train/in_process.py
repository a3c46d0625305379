"""One fit in the process of the stage, which goes on where it was cut off."""

from pathlib import Path

from components.training.checkpoint import FitState
from components.training.loop import FitResult, fit
from components.training.recipe import Recipe
from components.training.settings import Schedule
from components.training.task import Task
from project.progress import shown


def fit_in_process(
    recipe: Recipe, task: Task, shared: Schedule, *, seed: int, fingerprint: str, checkpoint: Path
) -> FitResult:
    """Train here, keeping the state in ``checkpoint`` and going on from it.

    ``fingerprint`` is of all that the fit reads; a state of another is left alone.
    """
    kept = FitState.load(checkpoint, fingerprint)
    name, epochs = f"train {recipe.name}, seed {seed}", recipe.schedule(shared).epochs
    with shown(name, epochs, unit="epochs", done=kept.epoch if kept else 0) as work:

        def keep(state: FitState) -> None:
            state.save(checkpoint, fingerprint)
            work.reach(state.epoch)

        return fit(recipe, task, shared, seed=seed, state=kept, on_checkpoint=keep)
