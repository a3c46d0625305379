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

import statistics
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import track

from bench.protocols import label_task
from bench.world import World
from benchmarks.csa_variants import (
    Study,
    kept_folder,
    open_cards,
    signed_line,
    study_figures,
    study_parser,
)
from benchmarks.figures import Figure
from components.encoders.catalog import build_encoder
from components.encoders.config import OpenClipConfig
from components.encoders.prompt_tower import prompter_of
from components.encoders.prompts import DEFAULT_TEMPLATES
from components.errors import InputError
from components.methods.catalog import METHODS
from components.methods.csa.settings import CSASettings
from components.training.loop import fit
from examples.worlds.catalog import REPOSITORY

PROTOCOLS = ("few:0.1", "few:0.2")
TOKENS = CSASettings(prompts="tokens")
VARIANTS = {
    "residual": CSASettings(),
    "tokens": TOKENS,
    "tokens.fast": replace(TOKENS, token_rate=1.0),
    "tokens.16": replace(TOKENS, num_tokens=16),
    "regions.residual": CSASettings(whole="absent"),
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


def epoch_seconds(world: World, settings: CSASettings) -> float:
    """Processor time of an epoch, at the median; the first, which warms up, is left out."""
    times: list[float] = []
    fit(
        METHODS["csa"].recipe(settings),
        label_task(world, PROTOCOLS[0], seed=0, holdout="observed").task,
        replace(world.schedule, epochs=NUM_TIMED_EPOCHS, checkpoint_every=1),
        seed=0,
        on_checkpoint=lambda _: times.append(time.process_time()),
    )
    return statistics.median(np.diff(times))


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
    world = open_cards(out, cards)
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
    parser = study_parser(__doc__, seeds=3, protocols=PROTOCOLS)
    parser.add_argument("--variant", action="append", choices=VARIANTS, help="again and again")
    parser.add_argument("--no-cost", action="store_true", help="leave epochs out")
    arguments = parser.parse_args()
    try:
        world = open_prompted(arguments.out, arguments.cards)
    except InputError as fault:
        parser.error(str(fault))
    kept = kept_folder(arguments.out / "prompts", fresh=arguments.fresh)
    variants = {name: VARIANTS[name] for name in arguments.variant or VARIANTS}
    study = Study(variants=lambda _: variants, pairs=PAIRS)
    protocols = arguments.protocol or PROTOCOLS
    found = study_figures(study, world, protocols, seeds=arguments.seeds, kept=kept)
    for figure in chain(found, () if arguments.no_cost else cost(world)):
        print(signed_line(figure, as_json=arguments.json), flush=True)


if __name__ == "__main__":
    main()
