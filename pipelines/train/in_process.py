"""One fit in the process of the stage, which goes on where it was cut off."""

from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from components.training.checkpoint import FitState
from components.training.loop import FitResult, fit
from components.training.recipe import Recipe
from components.training.settings import Schedule
from components.training.task import Task


def fit_in_process(
    recipe: Recipe, task: Task, shared: Schedule, *, seed: int, fingerprint: str, checkpoint: Path
) -> FitResult:
    """Train here, keeping the state in ``checkpoint`` and going on from it.

    ``fingerprint`` is of all that the fit reads; a state of another is left alone.
    """
    kept = FitState.load(checkpoint, fingerprint)
    with Progress(console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task(
            f"{recipe.name}, seed {seed}",
            total=recipe.schedule(shared).epochs,
            completed=kept.epoch if kept else 0,
        )

        def keep(state: FitState) -> None:
            state.save(checkpoint, fingerprint)
            progress.update(bar, completed=state.epoch)

        return fit(recipe, task, shared, seed=seed, state=kept, on_checkpoint=keep)
