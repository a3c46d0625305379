"""Variants of CSA on the cards world: the same masks, hold-outs and seeds, compared in pairs.

What ``benchmarks.contexts`` and ``benchmarks.prompts`` share. Each fit is kept in a folder,
so that a run that was stopped goes on where it was.
"""

import argparse
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

import numpy as np
from jaxtyping import Float
from rich.console import Console
from rich.progress import track

from bench.compare import crossed
from bench.protocols import label_task
from bench.world import Skipped, World, open_world
from benchmarks.figures import Figure, figure_line
from components.atomic import atomic_path
from components.errors import InputError
from components.labels.states import PRESENT, UNKNOWN
from components.methods.catalog import METHODS
from components.methods.csa.settings import CSASettings
from components.metrics.bootstrap import (
    Interval,
    centred_interval,
    draw_images,
    drawn_average_precision,
    drawn_mean_average_precision,
    interval,
)
from components.training.inference import head_logits
from components.training.loop import fit
from examples.worlds.catalog import make_world

NUM_DRAWS = 500
Drawn = Float[np.ndarray, "seeds 1+draws"]
"""MAP on the test images as they are, then in every draw of them; one row a seed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Study:
    """What is compared with what."""

    variants: Callable[[int], Mapping[str, CSASettings]]
    """By name, for a seed."""
    pairs: Sequence[tuple[str, str]]
    """Names of variants: the first is expected above the second."""


def study_parser(
    description: str | None, *, seeds: int, protocols: Sequence[str]
) -> argparse.ArgumentParser:
    """The command line of a study."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.add_argument("--seeds", type=int, default=seeds, help=f"of masks and fits ({seeds})")
    parser.add_argument("--protocol", action="append", help=f"again and again; {protocols}")
    parser.add_argument("--cards", type=Path, help="a finished project of the cards world")
    parser.add_argument(
        "--out", type=Path, default=Path("reports") / "bench", help="where worlds are kept"
    )
    parser.add_argument("--fresh", action="store_true", help="measure every fit again")
    return parser


def open_cards(out: Path, cards: Path | None) -> World:
    """The cards world, made below ``out`` if it is not there.

    Raises:
        InputError: If it cannot be had.
    """
    made = make_world("cards", out, cards)
    if isinstance(made, Skipped):
        raise InputError(made.reason)
    return open_world(made)


def kept_folder(folder: Path, *, fresh: bool) -> Path:
    """Where fits are kept; emptied for a fresh start."""
    if fresh:
        shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def study_figures(
    study: Study, world: World, protocols: Sequence[str], *, seeds: int, kept: Path
) -> Iterator[Figure]:
    """Every variant with every seed, protocol by protocol; figures as soon as they are known."""
    for protocol in protocols:
        cells = [(seed, *each) for seed in range(seeds) for each in study.variants(seed).items()]
        drawn: dict[str, list[np.ndarray]] = {name: [] for _, name, _ in cells}
        console = Console(stderr=True)
        for seed, name, settings in track(cells, protocol, console=console, transient=True):
            drawn[name].append(_kept_map(world, protocol, settings, seed, kept))
        table = {name: np.stack(each) for name, each in drawn.items()}
        yield from paired_figures(protocol, table, study.pairs)


def _kept_map(
    world: World, protocol: str, settings: CSASettings, seed: int, kept: Path
) -> np.ndarray:
    """:func:`_drawn_map`, read where it was measured before."""
    facts = repr((world.identity, protocol, settings, seed, NUM_DRAWS))
    path = kept / f"{sha256(facts.encode()).hexdigest()[:24]}.npy"
    if path.exists():
        return np.load(path, allow_pickle=False)
    found = _drawn_map(world, protocol, settings, seed)
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        np.save(file, found, allow_pickle=False)
    return found


def _drawn_map(world: World, protocol: str, settings: CSASettings, seed: int) -> np.ndarray:
    """MAP on the test images as they are, then in every draw of them."""
    task = label_task(world, protocol, seed=seed, holdout="observed").task
    found = fit(METHODS["csa"].recipe(settings), task, world.schedule, seed=seed)
    test = world.parts["test"]
    logits = head_logits(found.head, np.array(test.views[0]), test.regions[0])
    weights = draw_images(len(logits), NUM_DRAWS, seed=0)
    weights = np.concatenate([np.ones((1, len(logits)), np.float32), weights])
    truth, known = test.states == PRESENT, test.states != UNKNOWN
    return drawn_mean_average_precision(drawn_average_precision(logits, truth, known, weights))


def paired_figures(
    protocol: str, drawn: Mapping[str, Drawn], pairs: Sequence[tuple[str, str]]
) -> Iterator[Figure]:
    """Means over seeds, and paired differences, with intervals over seeds and test images."""
    for name, values in drawn.items():
        yield _figure(f"{protocol}.map.{name}", values, centred_interval)
    for ours, theirs in pairs:
        if {ours, theirs} <= drawn.keys():
            difference = drawn[ours] - drawn[theirs]
            found = _figure(f"{protocol}.gain.{ours}.over.{theirs}", difference, interval)
            yield replace(found, against=0.0)


def _figure(name: str, values: Drawn, bounds: Callable[..., Interval]) -> Figure:
    found = bounds(float(values[:, 0].mean()), crossed(values[:, 1:].astype(np.float32)))
    return Figure(name=name, value=found.mean, unit="1", low=found.low, high=found.high)


def signed_line(figure: Figure, *, as_json: bool) -> str:
    """A figure with its sign, for people; or the line of JSON."""
    if as_json:
        return figure_line(figure)
    return f"{figure.name}: {figure.value:+.4f} [{figure.low:+.4f}, {figure.high:+.4f}]"
