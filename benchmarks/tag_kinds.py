"""What objects and attributes teach a projector: ``python -m benchmarks.tag_kinds --json``.

On a small world made for it (``attribute_world.py``), five worlds, paired: each
world has its own directions, texts, pictures and training seed.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Literal, cast

import numpy as np

from benchmarks.attribute_world import World, task_of, world
from benchmarks.figures import Figure, run_benchmark
from components.methods.catalog import METHODS
from components.methods.tagalign.analysis import Queries, per_kind_analysis
from components.methods.tagalign.settings import Kinds, TagAlignSettings
from components.models.heads.projected import ProjectedHead
from components.training.loop import fit
from components.training.settings import Schedule

NUM_WORLDS = 5
Pool = Literal["mean", "best"]
POOLS: tuple[Pool, ...] = ("mean", "best")
KINDS: tuple[Kinds, ...] = ("none", "objects", "attributes", "both")
SCHEDULE = Schedule(epochs=50, batch_size=64, learning_rate=4e-3)
AS_SCHEDULED = TagAlignSettings(most_epochs=None, most_images=None, learning_rate=None)


def measure() -> Iterator[Figure]:
    """What objects and attributes teach a projector."""
    for pool in POOLS:
        runs = [scores(number, pool) for number in range(NUM_WORLDS)]
        for kind in ("object", "attribute"):
            for variant in ("frozen", *KINDS):
                values = np.array([run[variant, kind] for run in runs])
                yield spread(f"{pool}_{variant}_on_{kind}_queries_map", values)
            gains = np.array([run["both", kind] - run["objects", kind] for run in runs])
            yield interval_of_mean(f"{pool}_both_above_objects_on_{kind}_queries", gains)


def scores(number: int, pool: Pool) -> dict[tuple[str, str], float]:
    """Mean average precision by variant and kind of query, in one world."""
    train, val, test = (
        world(count, seed=3 * number + part, world_seed=number)
        for part, count in enumerate((600, 150, 300))
    )
    variants = {"frozen": trained(train, val, "none", pool, number, epochs=0)}
    variants |= {kinds: trained(train, val, kinds, pool, number) for kinds in KINDS}
    queries = {
        "object": Queries(_names(test.things), test.thing_texts, test.things),
        "attribute": Queries(_names(test.colours), test.colour_texts, test.colours),
    }
    table = per_kind_analysis(variants, test.regions, queries, reference="objects", num_draws=1)
    return {(v, k): score.map_all.mean for v, row in table.items() for k, score in row.items()}


def trained(
    train: World, val: World, kinds: Kinds, pool: Pool, seed: int, *, epochs: int | None = None
) -> ProjectedHead:
    """A head that learnt from captions and these kinds of tags."""
    recipe = METHODS["tagalign"].recipe(replace(AS_SCHEDULED, kinds=kinds, pool=pool))
    schedule = SCHEDULE if epochs is None else replace(SCHEDULE, epochs=epochs)
    return cast(ProjectedHead, fit(recipe, task_of(train, val), schedule, seed=seed).head)


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
