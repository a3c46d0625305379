"""Tags without any label: each method that needs no training against plain zero-shot.

Run from the project root: ``python -m benchmarks.zero_label [--quick] [--json]``. Photographs
are looked for in EFUDA_REAL_DATA (default ../shared/real), which may hold ``coco256``,
``clip_vitb16`` or both; the cards world is drawn. Worlds are kept below reports/bench by the
content of what they are made of, so other data of the same names are measured anew.

No label is read before the figures. ``best`` is what a project without labels uses: the first
method of an order written down beforehand, not the best of these figures. On cards the means
and examples come from the training split, and the test split is measured. On photographs both
are all of them, as where a user tags the pictures of a project; and in random halves the one
gives means and examples and the other is measured. Differences are paired. Intervals of one
measurement draw its images again (of single figures, halves of them); those over random halves
are the lowest and the highest of them.
"""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from blake3 import blake3
from jaxtyping import Bool, Float32

from bench.world import Skipped, World, open_world
from benchmarks.figures import REAL, Figure, run_benchmark_or_part
from components.data.examples import Split
from components.labels.states import PRESENT, UNKNOWN
from components.methods.catalog import METHODS
from components.metrics.bootstrap import (
    draw_images,
    drawn_average_precision,
    drawn_mean_average_precision,
    interval,
)
from components.metrics.single_figures import draw_halves, single_interval
from components.models.images import Regions
from components.training.inference import head_logits
from components.training.task import Holdout, Names, Task
from examples.worlds.catalog import REPOSITORY, make_world
from tuning.method_choice import best_untrained

OUT = Path("reports/bench")
PLAIN = "zero_shot"
NUM_DRAWS, NUM_DRAWS_QUICK = 1000, 200
HALVES, HALVES_QUICK = 20, 3


@dataclass(frozen=True, slots=True)
class Photographs:
    """Vectors, and what is truly on them."""

    vectors: Float32[np.ndarray, "images embed"]
    regions: Regions | None
    truth: Bool[np.ndarray, "images labels"]
    known: Bool[np.ndarray, "images labels"]
    names: Names

    @classmethod
    def of(cls, world: World, *splits: Split) -> "Photographs":
        """Those of some splits of a world, one split after the other."""
        parts = [world.parts[split] for split in splits]
        states = np.concatenate([part.states for part in parts])
        regions = [np.asarray(part.regions[0]) for part in parts if part.regions]
        return cls(
            np.concatenate([np.asarray(part.views[0]) for part in parts]),
            np.concatenate(regions) if len(regions) == len(parts) else None,
            states == PRESENT,
            states != UNKNOWN,
            world.names,
        )

    def of_rows(self, rows: np.ndarray) -> "Photographs":
        """Some of them."""
        regions = None if self.regions is None else self.regions[rows]
        return Photographs(
            self.vectors[rows], regions, self.truth[rows], self.known[rows], self.names
        )

    def unlabelled(self) -> Task:
        """A task in which no cell is known."""
        nothing = np.zeros(self.truth.shape, np.int8)
        regions = () if self.regions is None else (self.regions,)
        held = Holdout.of(self.vectors[:0], nothing[:0])
        return Task(
            views=self.vectors[None],
            states=nothing,
            names=self.names,
            holdout=held,
            regions=regions,
        )


@dataclass(frozen=True, slots=True)
class Measured:
    """MAP of each method, and the same in draws of the images: of as many, and of halves."""

    value: Mapping[str, float]
    draws: Mapping[str, np.ndarray]
    halves: Mapping[str, np.ndarray]

    @property
    def best(self) -> str:
        """What a project without labels would use."""
        return best_untrained(dict.fromkeys(self.value), 0) or PLAIN


def measured(seen: Photographs, judged: Photographs, num_draws: int) -> Measured:
    """Every method that applies, with what ``seen`` tells of images, on ``judged``."""
    task = seen.unlabelled()
    count = len(judged.truth)
    once = np.ones((1, count), np.float32)
    again = draw_images(count, num_draws, seed=0)
    weights = np.concatenate([once, again, draw_halves(count, num_draws, seed=0)])
    found: dict[str, np.ndarray] = {}
    for name, row in METHODS.items():
        if row.is_trained or not row.applies_to(task):
            continue
        head = row.untrained_head(row.attempts(task)[0], task)
        logits = head_logits(head, judged.vectors, judged.regions)
        each = drawn_average_precision(logits, judged.truth, judged.known, weights)
        found[name] = drawn_mean_average_precision(each)
    return Measured(
        {name: float(drawn[0]) for name, drawn in found.items()},
        {name: drawn[1 : 1 + num_draws] for name, drawn in found.items()},
        {name: drawn[1 + num_draws :] for name, drawn in found.items()},
    )


def figures_of(world: str, found: Measured) -> Iterator[Figure]:
    """Each method's figure, each difference to plain zero-shot, and that of the best."""
    plain = found.value[PLAIN]
    for name, value in found.value.items():
        bounds = single_interval(value, found.halves[name])
        yield Figure(
            name=f"{name}_mAP_{world}", value=value, unit="1", low=bounds.low, high=bounds.high
        )
    for name, value in found.value.items():
        if name != PLAIN:
            bounds = interval(value - plain, found.draws[name] - found.draws[PLAIN])
            yield Figure(
                name=f"{name}_minus_plain_{world}",
                value=value - plain,
                unit="1",
                low=bounds.low,
                high=bounds.high,
                against=plain,
            )
    bounds = interval(found.value[found.best] - plain, found.draws[found.best] - found.draws[PLAIN])
    yield Figure(
        name=f"best_minus_plain_{world}",
        value=found.value[found.best] - plain,
        unit="1",
        low=bounds.low,
        high=bounds.high,
        against=f"zero_shot; best is {found.best}, by the order for projects without labels",
    )


def halves(world: str, photographs: Photographs, number: int) -> Iterator[Figure]:
    """Means over random halves, of which one is looked at and the other measured."""
    count = len(photographs.truth)
    found: list[Measured] = []
    for seed in range(number):
        order = np.random.default_rng(seed).permutation(count)
        seen, judged = (photographs.of_rows(part) for part in np.array_split(order, 2))
        found.append(measured(seen, judged, 1))
    for name in found[0].value:
        if name != PLAIN:
            gains = np.array([each.value[name] - each.value[PLAIN] for each in found])
            yield Figure(
                name=f"{name}_minus_plain_{world}_halves",
                value=float(gains.mean()),
                unit="1",
                low=float(gains.min()),
                high=float(gains.max()),
                against=f"{number} random halves, standard deviation {gains.std():.4f}",
            )


def measure(quick: bool) -> Iterator[Figure]:
    """Methods without training against plain zero-shot, on cards and on photographs."""
    num_draws, num_halves = (NUM_DRAWS_QUICK, HALVES_QUICK) if quick else (NUM_DRAWS, HALVES)
    cards = _world("cards", REPOSITORY / "examples" / "cards" / "encoder")
    if cards is not None:
        seen, judged = Photographs.of(cards, "train"), Photographs.of(cards, "test")
        yield from figures_of("cards", measured(seen, judged, num_draws))
    for name in ("coco256", "clip_vitb16"):
        world = _world(name, REAL / name)
        if world is not None:
            every = Photographs.of(world, "train", "val", "test")
            yield from figures_of(name, measured(every, every, num_draws))
            yield from halves(name, every, num_halves)


def _world(name: str, made_of: Path) -> World | None:
    """Opened, and made before where it is not there; None and a word on stderr where it cannot be."""
    made = make_world(name, OUT / f"{name}-{_mark(made_of)}")
    if isinstance(made, Skipped):
        print(f"skipped: {made.reason}", file=sys.stderr)
        return None
    return open_world(made)


def _mark(folder: Path) -> str:
    """Hash of the files below a folder: pictures by name and size, all else by content."""
    digest = blake3()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            digest.update(f"{path.relative_to(folder)} {path.stat().st_size}\n".encode())
            if path.suffix.lower() not in (".jpg", ".jpeg", ".png"):
                digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


if __name__ == "__main__":
    run_benchmark_or_part(measure)
