"""What objects and attributes teach a projector: ``python -m benchmarks.tag_kinds --json``.

On a small world made for it (``attribute_world.py``), five worlds, paired: each
world has its own directions, texts, pictures and training seed.
"""

from collections.abc import Iterator

import numpy as np

from benchmarks.attribute_world import GRID, World, rows_of, world
from benchmarks.figures import Figure, run_benchmark
from components.methods.tagalign.analysis import Queries, per_kind_analysis
from components.methods.tagalign.projector import GatedProjector
from components.methods.tagalign.training import ProjectorSchedule, TagList, train_projector

NUM_WORLDS = 5
KINDS = {
    "captions": (),
    "objects": ("objects",),
    "attributes": ("attributes",),
    "both": ("objects", "attributes"),
}
SCHEDULE = ProjectorSchedule(epochs=25, batch_size=64, learning_rate=4e-3, kernel_size=1)


def measure() -> Iterator[Figure]:
    """What objects and attributes teach a projector."""
    for pool in ("mean", "max"):
        runs = [scores(number, pool) for number in range(NUM_WORLDS)]
        for kind in ("object", "attribute"):
            for variant in ("frozen", *KINDS):
                values = np.array([run[variant, kind] for run in runs])
                yield spread(f"{pool}_{variant}_on_{kind}_queries_map", values)
            gains = np.array([run["both", kind] - run["objects", kind] for run in runs])
            yield interval_of_mean(f"{pool}_both_above_objects_on_{kind}_queries", gains)


def scores(number: int, pool: str) -> dict[tuple[str, str], float]:
    """Mean average precision by variant and kind of query, in one world."""
    train = world(600, seed=2 * number, world_seed=number)
    test = world(300, seed=2 * number + 1, world_seed=number)
    variants: dict[str, GatedProjector | None] = {"frozen": None}
    variants |= {name: trained(train, kinds, number) for name, kinds in KINDS.items()}
    queries = {
        "object": Queries(_names(test.things), test.thing_texts, test.things),
        "attribute": Queries(_names(test.colours), test.colour_texts, test.colours),
    }
    table = per_kind_analysis(
        variants,
        test.regions,
        GRID,
        queries,
        reference="objects",
        pool="mean" if pool == "mean" else "max",
        num_draws=1,
    )
    return {(v, k): score.map_all.mean for v, row in table.items() for k, score in row.items()}


def trained(train: World, kinds: tuple[str, ...], seed: int) -> GatedProjector:
    """A projector that learnt from captions and these kinds of tags."""
    lists = {
        "objects": TagList(rows_of(train.things), train.thing_texts),
        "attributes": TagList(rows_of(train.colours), train.colour_texts),
    }
    chosen = [lists[kind] for kind in kinds]
    return train_projector(
        train.regions, GRID, train.captions, chosen, SCHEDULE, seed=seed
    ).projector


def spread(name: str, values: np.ndarray) -> Figure:
    """Mean, lowest and highest."""
    return Figure(
        name=name,
        value=float(values.mean()),
        unit="1",
        low=float(values.min()),
        high=float(values.max()),
    )


def interval_of_mean(name: str, gains: np.ndarray) -> Figure:
    """Mean of paired differences with Student's 95 % interval (four degrees of freedom)."""
    half = 2.776 * gains.std(ddof=1) / np.sqrt(len(gains))
    mean = float(gains.mean())
    return Figure(name=name, value=mean, unit="1", low=mean - half, high=mean + half)


def _names(truth: np.ndarray) -> tuple[str, ...]:
    return tuple(str(column) for column in range(truth.shape[1]))


if __name__ == "__main__":
    run_benchmark(measure)
