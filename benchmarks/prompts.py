"""Whether prompts learned as tokens do better than residual vectors, on cards.

Run from the project root: ``python -m benchmarks.prompts [--json] [--cards PROJECT]``.
CSA is trained with residual prompts and with prompts of learned tokens through the
encoder's frozen text tower: as many a prompt as the template has words, learned slowly or
fast, or 16; and, reading regions alone, residual against the first of these.
Same masks, hold-outs and seeds for all; mAP on the test split at the epoch that the
hold-out likes best. Differences are paired; intervals draw seeds and test images anew.
Last comes what an epoch costs, as a ratio. Each fit is kept below ``--out``; ``--fresh``
forgets them, as is needed after a change of the method.
"""

import argparse
import shutil
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import track

from bench.compare import crossed
from bench.protocols import label_situation
from bench.world import Skipped, World, open_world
from benchmarks.contexts import kept_figures
from benchmarks.figures import Figure, figure_line
from components.encoders.catalog import build_encoder
from components.encoders.config import OpenClipConfig
from components.encoders.prompt_tower import prompter_of
from components.encoders.prompts import DEFAULT_TEMPLATES
from components.errors import InputError
from components.methods.csa.recipe import CSA
from components.metrics.bootstrap import Interval, centred_interval, interval
from components.training.data import TrainingSet
from components.training.loop import fit
from examples.worlds.catalog import REPOSITORY, make_world

PROTOCOLS = ("few:0.1", "few:0.2")
TOKENS = CSA(prompts="tokens")
VARIANTS = {
    "residual": CSA(),
    "tokens": TOKENS,
    "tokens.fast": replace(TOKENS, token_rate=1.0),
    "tokens.16": replace(TOKENS, num_tokens=16),
    "regions.residual": CSA(whole="absent"),
    "regions.tokens": replace(TOKENS, whole="absent"),
}
PAIRS = (
    ("tokens", "residual"),
    ("tokens.fast", "residual"),
    ("tokens.16", "residual"),
    ("regions.tokens", "regions.residual"),
)
TIMED = ("residual", "tokens", "tokens.16")
NUM_TIMED_EPOCHS = 3
NUM_ROUNDS = 5


def epoch_seconds(world: World, recipe: CSA) -> float:
    """Processor time of an epoch, at the median; the first, which warms up, is left out."""
    task = label_situation(world, PROTOCOLS[0], seed=0, holdout="observed").task
    data = TrainingSet(
        views=task.views,
        states=task.states,
        proposals=np.zeros_like(task.states),
        regions=task.regions,
    )
    times: list[float] = []
    fit(
        recipe,
        data,
        task.holdout,
        task.names,
        replace(task.schedule, epochs=NUM_TIMED_EPOCHS, checkpoint_every=1),
        seed=0,
        on_checkpoint=lambda state: times.append(time.process_time()),
    )
    return statistics.median(np.diff(times))


def figures(protocol: str, drawn: Mapping[str, np.ndarray]) -> Iterator[Figure]:
    """Means over seeds, and paired differences, with intervals."""
    for name, values in drawn.items():
        yield _figure(f"{protocol}.map.{name}", values, centred_interval)
    for ours, theirs in PAIRS:
        if not {ours, theirs} <= drawn.keys():
            continue
        difference = drawn[ours] - drawn[theirs]
        found = _figure(f"{protocol}.gain.{ours}.over.{theirs}", difference, interval)
        yield replace(found, against=0.0)


def _figure(name: str, values: np.ndarray, bounds: Callable[..., Interval]) -> Figure:
    found = bounds(float(values[:, 0].mean()), crossed(values[:, 1:].astype(np.float32)))
    return Figure(name=name, value=found.mean, unit="1", low=found.low, high=found.high)


def cost(world: World) -> Iterator[Figure]:
    """Seconds an epoch, rounds interleaved, and ratios to residual prompts."""
    rounds: dict[str, list[float]] = {name: [] for name in TIMED}
    console = Console(stderr=True)
    for _ in track(range(NUM_ROUNDS), "epochs", console=console, transient=True):
        for name in TIMED:
            rounds[name].append(epoch_seconds(world, VARIANTS[name]))
    for name, values in rounds.items():
        yield _spread(f"epoch_s.{name}", values, "s")
    for name in TIMED[1:]:
        ratios = [
            ours / theirs for ours, theirs in zip(rounds[name], rounds["residual"], strict=True)
        ]
        yield replace(_spread(f"epoch_ratio.{name}.to.residual", ratios, "1"), against=1.0)


def _spread(name: str, values: list[float], unit: str) -> Figure:
    return Figure(
        name=name, value=statistics.median(values), unit=unit, low=min(values), high=max(values)
    )


def open_prompted(out: Path, cards: Path | None) -> World:
    """The cards world, its names with the encoder's text tower.

    Raises:
        InputError: If either is not there, or they do not belong together.
    """
    made = make_world("cards", out, cards)
    if isinstance(made, Skipped):
        raise InputError(made.reason)
    world = open_world(made)
    config = OpenClipConfig(model=f"local-dir:{REPOSITORY / 'examples' / 'cards' / 'encoder'}")
    encoder = build_encoder(config)
    if encoder.id != world.encoder_id:
        raise InputError(
            f"The cards project was embedded by {world.encoder_id}, and examples/cards/encoder is "
            f"{encoder.id}; run `efuda run embed` there."
        )
    prompter = prompter_of(encoder, world.vocabulary.names, DEFAULT_TEMPLATES[0])
    return replace(world, names=replace(world.names, prompter=prompter))


def main() -> None:
    """Print each protocol's figures as soon as they are known."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.add_argument("--seeds", type=int, default=3, help="of masks and fits (3)")
    parser.add_argument("--protocol", action="append", help=f"again and again; {PROTOCOLS}")
    parser.add_argument("--variant", action="append", choices=VARIANTS, help="again and again")
    parser.add_argument("--no-cost", action="store_true", help="leave epochs out")
    parser.add_argument("--cards", type=Path, help="a finished project of the cards world")
    parser.add_argument("--out", type=Path, default=Path("bench"), help="where worlds are kept")
    parser.add_argument("--fresh", action="store_true", help="measure every fit again")
    arguments = parser.parse_args()
    try:
        world = open_prompted(arguments.out, arguments.cards)
    except InputError as fault:
        parser.error(str(fault))
    kept = arguments.out / "prompts"
    if arguments.fresh:
        shutil.rmtree(kept, ignore_errors=True)
    kept.mkdir(parents=True, exist_ok=True)
    variants = {name: VARIANTS[name] for name in arguments.variant or VARIANTS}
    protocols = arguments.protocol or PROTOCOLS
    found = _all_figures(world, protocols, arguments.seeds, variants, kept)
    for figure in chain(found, () if arguments.no_cost else cost(world)):
        print(figure_line(figure) if arguments.json else _sentence(figure), flush=True)


def _all_figures(
    world: World,
    protocols: Sequence[str],
    num_seeds: int,
    variants: Mapping[str, CSA],
    kept: Path,
) -> Iterator[Figure]:
    for protocol in protocols:
        drawn: dict[str, list[np.ndarray]] = {name: [] for name in variants}
        cells = [(seed, *each) for seed in range(num_seeds) for each in variants.items()]
        console = Console(stderr=True)
        for seed, name, recipe in track(cells, protocol, console=console, transient=True):
            drawn[name].append(kept_figures(world, protocol, recipe, seed, kept))
        yield from figures(protocol, {name: np.stack(each) for name, each in drawn.items()})


def _sentence(figure: Figure) -> str:
    return f"{figure.name}: {figure.value:+.4f} [{figure.low:+.4f}, {figure.high:+.4f}]"


if __name__ == "__main__":
    main()
