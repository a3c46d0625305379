"""Whether contexts help CSA, and weights that were measured, on cards.

Run from the project root: ``python -m benchmarks.contexts [--json] [--cards PROJECT]``.
CSA is trained with the contexts it finds, with none, and with the same contexts dealt
out to labels at random (the control); and with pseudo-labels that count fully or by
their confidence, instead of by how often such ones were right. Same masks, hold-outs
and seeds for all; mAP on the test split at the epoch that the hold-out likes best.
Differences are paired; intervals draw seeds and test images anew. Each fit is kept
below ``--out``, so that a run that was stopped goes on where it was; ``--fresh`` forgets
them, as is needed after a change of the method.
"""

import argparse
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import track

from bench.compare import crossed
from bench.protocols import label_situation
from bench.world import Skipped, World, open_world
from benchmarks.figures import Figure, figure_line
from components.atomic import atomic_path
from components.errors import InputError
from components.labels.states import PRESENT, UNKNOWN
from components.methods.csa.recipe import CSA
from components.metrics.bootstrap import (
    Interval,
    centred_interval,
    draw_images,
    drawn_average_precision,
    drawn_mean_average_precision,
    interval,
)
from components.training.data import TrainingSet
from components.training.inference import head_logits
from components.training.loop import fit
from examples.worlds.catalog import make_world

PROTOCOLS = ("few:0.05", "few:0.1", "few:0.2")
NUM_DRAWS = 500
ON_REGIONS = CSA(whole="absent")


def variants(seed: int) -> dict[str, CSA]:
    """By name; the first part says what the image is read from."""
    return {
        "csa": CSA(),
        "csa.no_contexts": CSA(context_weight=0.0),
        "csa.shuffled": CSA(shuffle_contexts=seed),
        "csa.uniform": CSA(weighting="uniform"),
        "csa.confidence": CSA(weighting="confidence"),
        "regions": ON_REGIONS,
        "regions.no_contexts": replace(ON_REGIONS, context_weight=0.0),
        "regions.shuffled": replace(ON_REGIONS, shuffle_contexts=seed),
    }


PAIRS = (
    ("csa", "csa.no_contexts"),
    ("csa.shuffled", "csa.no_contexts"),
    ("csa", "csa.shuffled"),
    ("csa", "csa.uniform"),
    ("csa", "csa.confidence"),
    ("regions", "regions.no_contexts"),
    ("regions.shuffled", "regions.no_contexts"),
    ("regions", "regions.shuffled"),
)


def kept_figures(
    world: World, protocol: str, recipe: CSA, seed: int, directory: Path
) -> np.ndarray:
    """:func:`drawn_figures`, read from ``directory`` where they were measured before."""
    facts = repr((world.identity, protocol, recipe, seed, NUM_DRAWS))
    path = directory / f"{sha256(facts.encode()).hexdigest()[:24]}.npy"
    if path.exists():
        return np.load(path, allow_pickle=False)
    found = drawn_figures(world, protocol, recipe, seed)
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        np.save(file, found, allow_pickle=False)
    return found


def drawn_figures(world: World, protocol: str, recipe: CSA, seed: int) -> np.ndarray:
    """MAP on the test images as they are, then in every draw of them."""
    task = label_situation(world, protocol, seed=seed, holdout="observed").task
    data = TrainingSet(
        views=task.views,
        states=task.states,
        proposals=np.zeros_like(task.states),
        regions=task.regions,
    )
    found = fit(recipe, data, task.holdout, task.names, task.schedule, seed=seed)
    test = world.parts["test"]
    logits = head_logits(found.head, np.array(test.views[0]), test.regions[0])
    weights = draw_images(len(logits), NUM_DRAWS, seed=0)
    weights = np.concatenate([np.ones((1, len(logits)), np.float32), weights])
    truth, known = test.states == PRESENT, test.states != UNKNOWN
    return drawn_mean_average_precision(drawn_average_precision(logits, truth, known, weights))


def figures(protocol: str, drawn: Mapping[str, np.ndarray]) -> Iterator[Figure]:
    """Means over seeds, and paired differences, with intervals."""
    for name, values in drawn.items():
        yield _figure(f"{protocol}.map.{name}", values, centred_interval)
    for ours, theirs in PAIRS:
        yield replace(
            _figure(f"{protocol}.gain.{ours}.over.{theirs}", drawn[ours] - drawn[theirs], interval),
            against=0.0,
        )


def _figure(name: str, values: np.ndarray, bounds: Callable[..., Interval]) -> Figure:
    found = bounds(float(values[:, 0].mean()), crossed(values[:, 1:].astype(np.float32)))
    return Figure(name=name, value=found.mean, unit="1", low=found.low, high=found.high)


def main() -> None:
    """Print each protocol's figures as soon as they are known."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.add_argument("--seeds", type=int, default=5, help="of masks and fits (5)")
    parser.add_argument("--protocol", action="append", help=f"again and again; {PROTOCOLS}")
    parser.add_argument("--cards", type=Path, help="a finished project of the cards world")
    parser.add_argument("--out", type=Path, default=Path("bench"), help="where worlds are kept")
    parser.add_argument("--fresh", action="store_true", help="measure every fit again")
    arguments = parser.parse_args()
    try:
        made = make_world("cards", arguments.out, arguments.cards)
    except InputError as fault:
        parser.error(str(fault))
    if isinstance(made, Skipped):
        parser.error(made.reason)
    world = open_world(made)
    kept = arguments.out / "contexts"
    if arguments.fresh:
        shutil.rmtree(kept, ignore_errors=True)
    kept.mkdir(parents=True, exist_ok=True)
    for protocol in arguments.protocol or PROTOCOLS:
        drawn: dict[str, list[np.ndarray]] = {name: [] for name in variants(0)}
        cells = [
            (seed, *cell) for seed in range(arguments.seeds) for cell in variants(seed).items()
        ]
        console = Console(stderr=True)
        for seed, name, recipe in track(cells, protocol, console=console, transient=True):
            drawn[name].append(kept_figures(world, protocol, recipe, seed, kept))
        for figure in figures(protocol, {name: np.stack(each) for name, each in drawn.items()}):
            print(figure_line(figure) if arguments.json else _sentence(figure), flush=True)


def _sentence(figure: Figure) -> str:
    return f"{figure.name}: {figure.value:+.4f} [{figure.low:+.4f}, {figure.high:+.4f}]"


if __name__ == "__main__":
    main()
