"""What a loss is worth and what the body it trains: ``python -m benchmarks.bodies --json``.

A factorial of losses × readings × how the head is held, so that a loss is judged in the same
body as its rivals:

- losses: assume-negative, ignore-unknown, entropy, and Efuda's (silence counts a little);
- readings: the whole image by a linear head, or that and the regions together;
- held: freely trained with Adam and a plain pull, or pulled label by label and averaged.

Each of the sixteen gets three attempts, written down here beforehand, of which the hold-out takes
the best; hold-outs are as poor as training. mAP on test; differences are paired, intervals
draw test images, draws of the world and seeds anew. ``--quick``: one draw of one world, two
protocols.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import torch
from rich.console import Console
from rich.progress import track

from bench.protocols import holdout_of, label_task
from bench.world import Skipped, World, open_world
from benchmarks.csa_variants import NUM_DRAWS, paired_figures
from benchmarks.figures import Figure, run_benchmark_or_part
from components.labels.states import ABSENT, PRESENT, UNKNOWN
from components.methods.assume_negative import recipe as assume_negative
from components.methods.efuda import recipe as efuda
from components.methods.efuda.settings import EfudaSettings
from components.methods.entropy import recipe as entropy
from components.methods.entropy.settings import EntropySettings
from components.methods.ignore_unknown import recipe as ignore_unknown
from components.metrics.bootstrap import (
    draw_images,
    drawn_average_precision,
    drawn_mean_average_precision,
)
from components.models.heads.head import Head
from components.training.inference import head_logits
from components.training.linear import CellLoss
from components.training.loop import FitResult, fit
from components.training.recipe import Recipe
from components.training.settings import MethodSettings, Reads
from components.training.task import Task
from components.training.two_readings import TwoReadingsLearner
from examples.worlds.catalog import make_world, with_draws

OUT = Path("reports") / "bench"
PROTOCOLS = ("single-positive", "partial:0.1", "partial:0.5", "few:0.05")
PROTOCOLS_QUICK = ("single-positive", "few:0.05")
CARDS_DRAWS, COCO_DRAWS = 3, 10
FREE = (0.0, 10.0, 100.0)
HELD = (200.0, 100.0, 50.0)
"""Pulls of the attempts; each label divides the latter by its positives."""


def _efuda_loss(task: Task) -> CellLoss:
    never = torch.from_numpy(~(task.states == ABSENT).any(axis=0)).float()
    return partial(efuda.loss, EfudaSettings(), never_absent=never)


LOSSES: Mapping[str, Callable[[Task], CellLoss]] = {
    "assume_negative": lambda _: assume_negative.loss,
    "ignore_unknown": lambda _: ignore_unknown.loss,
    "entropy": lambda _: partial(entropy.loss, alpha=EntropySettings().alpha),
    "efuda": _efuda_loss,
}


@dataclass(frozen=True, slots=True)
class Body:
    """What is trained and how it is held."""

    regions: bool
    held: bool

    @property
    def name(self) -> str:
        """As figures call it."""
        return f"{'both' if self.regions else 'whole'}.{'held' if self.held else 'free'}"


BODIES = tuple(Body(regions, held) for regions in (False, True) for held in (False, True))
_FULL = BODIES[-1].name
PAIRS = (
    *((f"{loss}.{_FULL}", f"{loss}.both.free") for loss in LOSSES),
    *((f"{loss}.{_FULL}", f"{loss}.whole.held") for loss in LOSSES),
    *((f"efuda.{body.name}", f"{loss}.{body.name}") for body in BODIES for loss in LOSSES),
)
"""What holding, what regions and what the loss is worth, all else being equal."""


def measure(quick: bool) -> Iterator[Figure]:
    """Every loss in every body, under the same masks, hold-outs and attempts."""
    words = ["cards"] if quick else with_draws(["cards"], CARDS_DRAWS)
    yield from _figures("cards", words, PROTOCOLS_QUICK if quick else PROTOCOLS)
    if not quick:
        yield from _figures("coco256", with_draws(["coco256"], COCO_DRAWS), PROTOCOLS)


def _figures(name: str, words: list[str], protocols: tuple[str, ...]) -> Iterator[Figure]:
    made = [make_world(word, OUT) for word in words]
    worlds = [open_world(each) for each in made if not isinstance(each, Skipped)]
    for protocol in protocols if worlds else ():
        drawn: dict[str, list[np.ndarray]] = {}
        cells = [(world, *each) for world in worlds for each in _combinations()]
        console = Console(stderr=True)
        for world, loss, body in track(
            cells, f"{name} {protocol}", console=console, transient=True
        ):
            values = drawn.setdefault(f"{loss}.{body.name}", [])
            values.append(_drawn_map(world, protocol, loss, body))
        table = {key: np.stack(values) for key, values in drawn.items()}
        pairs = [(ours, theirs) for ours, theirs in PAIRS if ours != theirs]
        for figure in paired_figures(protocol, table, pairs):
            yield replace(figure, name=f"{name}.{figure.name}")


def _combinations() -> Iterator[tuple[str, Body]]:
    for body in BODIES:
        for loss in LOSSES:
            yield loss, body


def _drawn_map(world: World, protocol: str, loss: str, body: Body) -> np.ndarray:
    """Of the attempt that the hold-out likes best: mAP on test, then in every draw of it."""
    holdout = holdout_of(protocol, "protocol")
    task = label_task(world, protocol, seed=0, holdout=holdout).task
    if not body.regions:
        task = replace(task, regions=())
    attempts = [_fitted(task, world, LOSSES[loss](task), pull, body) for pull in _pulls(body)]
    best = max(attempts, key=lambda found: found.best_score)
    return _on_test(best.head, world)


def _pulls(body: Body) -> tuple[float, ...]:
    return HELD if body.held else FREE


def _fitted(task: Task, world: World, loss: CellLoss, pull: float, body: Body) -> FitResult:
    def build(given: Task) -> TwoReadingsLearner:
        averaging = EfudaSettings().averaging if body.held else 0.0
        return TwoReadingsLearner(given, loss, averaging=averaging, by_label=body.held)

    recipe = Recipe(
        name="body",
        settings=MethodSettings(pull=pull),
        reads=Reads(regions="optional"),
        build=build,
    )
    return fit(recipe, task, world.schedule, seed=0)


def _on_test(head: Head, world: World) -> np.ndarray:
    test = world.parts["test"]
    logits = head_logits(head, np.array(test.views[0]), test.regions[0] if test.regions else None)
    weights = draw_images(len(logits), NUM_DRAWS, seed=0)
    weights = np.concatenate([np.ones((1, len(logits)), np.float32), weights])
    truth, known = test.states == PRESENT, test.states != UNKNOWN
    return drawn_mean_average_precision(drawn_average_precision(logits, truth, known, weights))


if __name__ == "__main__":
    run_benchmark_or_part(measure)
