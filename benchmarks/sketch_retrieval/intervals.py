"""From queries to a figure: means, and intervals by drawing queries again."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from jaxtyping import Float, Int64

from components.methods.ma_sbir.protocol import UnseenResult
from components.metrics.bootstrap import Interval, interval

NUM_DRAWS = 4000
Kind = Literal["ordinary", "interpolated"]


def by_query(
    results: Sequence[UnseenResult], way: str, kind: Kind, num_queries: int
) -> Float[np.ndarray, " queries"]:
    """Average precision of each sketch, over the folds that do not see its class, and seeds."""
    total, count = np.zeros(num_queries), np.zeros(num_queries)
    for result in results:
        if result.way == way:
            total[result.rows] += getattr(result, kind)
            count[result.rows] += 1
    return total / count


def over_queries(
    values: Float[np.ndarray, " queries"], classes: Int64[np.ndarray, " queries"], *, seed: int = 0
) -> Interval:
    """Queries drawn again within each class: says how sure it is for these classes."""
    return _drawn(values, classes, draw_classes=False, seed=seed)


def over_classes(
    values: Float[np.ndarray, " queries"], classes: Int64[np.ndarray, " queries"], *, seed: int = 0
) -> Interval:
    """Classes drawn again, then their queries: says how sure it is for other classes."""
    return _drawn(values, classes, draw_classes=True, seed=seed)


def _drawn(
    values: Float[np.ndarray, " queries"],
    classes: Int64[np.ndarray, " queries"],
    *,
    draw_classes: bool,
    seed: int,
) -> Interval:
    rng = np.random.default_rng(seed)
    groups = [values[classes == c] for c in np.unique(classes)]
    draws = np.zeros(NUM_DRAWS)
    for place in range(len(groups)):
        if draw_classes:
            drawn = rng.integers(len(groups), size=NUM_DRAWS)
            means = np.stack([_group_means(group, rng) for group in groups])
            draws += means[drawn, np.arange(NUM_DRAWS)]
        else:
            draws += _group_means(groups[place], rng)
    mean = float(np.mean([group.mean() for group in groups]))
    return interval(mean, draws / len(groups))


def _group_means(
    group: Float[np.ndarray, " queries"], rng: np.random.Generator
) -> Float[np.ndarray, " draws"]:
    return group[rng.integers(len(group), size=(NUM_DRAWS, len(group)))].mean(axis=1)
