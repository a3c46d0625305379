"""One fit of a recipe: everything it reads, and how it runs in this process."""

from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from components.training.data import Holdout, Names, Schedule, TrainingSet
from components.training.loop import FitResult, OnCheckpoint, Wrap, fit
from components.training.recipe import Recipe
from components.training.state import FitState
from components.training.steps import Workers


@dataclass(frozen=True, kw_only=True, slots=True)
class Fit:
    """One recipe with one seed, and the hash of everything it reads."""

    recipe: Recipe
    seed: int
    data: TrainingSet
    holdout: Holdout
    names: Names
    schedule: Schedule
    fingerprint: str

    def run(
        self,
        state: FitState | None,
        on_checkpoint: OnCheckpoint | None = None,
        wrap: Wrap | None = None,
        workers: Workers | None = None,
    ) -> FitResult:
        """Train from ``state``, or from the start; see components.training.loop."""
        return fit(
            self.recipe,
            self.data,
            self.holdout,
            self.names,
            self.schedule,
            seed=self.seed,
            state=state,
            on_checkpoint=on_checkpoint,
            wrap=wrap,
            workers=workers or Workers(),
        )


def fit_in_process(each: Fit, checkpoint: Path) -> FitResult:
    """Train here, keeping the state in ``checkpoint`` and going on from it."""
    kept = FitState.load(checkpoint, each.fingerprint)
    with Progress(console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task(
            f"{each.recipe.name}, seed {each.seed}",
            total=each.schedule.epochs,
            completed=kept.epoch if kept else 0,
        )

        def keep(state: FitState) -> None:
            state.save(checkpoint, each.fingerprint)
            progress.update(bar, completed=state.epoch)

        return each.run(kept, keep)
