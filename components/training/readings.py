"""What unlabelled training images say of scores: how high they lie, and how far they spread.

Heads that are not trained take it in, so that readings of different kinds can be added up.
"""

import numpy as np
import torch
from jaxtyping import Float32, Int64

from components.models.heads.best_region import BestRegionHead
from components.models.images import Regions, rows_at_once
from components.training.task import Task

IMAGES_LOOKED_AT = 16_384
"""Enough for means, spreads and rare examples; keeps the work bounded on large sets."""
_LEAST_SPREAD = 1e-6
"""Beside the greatest score; anything smaller is rounding, and is not blown up."""


def rows_looked_at(task: Task) -> Int64[np.ndarray, " rows"]:
    """Places of up to 16,384 training images, evenly spread."""
    count = len(task.states)
    return np.linspace(0, count - 1, min(count, IMAGES_LOOKED_AT)).astype(np.int64)


def mean_and_spread(
    scores: Float32[np.ndarray, "images labels"],
) -> tuple[Float32[np.ndarray, " labels"], Float32[np.ndarray, " labels"]]:
    """Mean and standard deviation of each label's scores.

    Without images the mean is 0; where nothing spreads, the deviation is 1.

    Example:
        >>> mean, spread = mean_and_spread(np.array([[1.0, 5.0], [3.0, 5.0]], np.float32))
        >>> mean.tolist(), spread.tolist()
        ([2.0, 5.0], [1.0, 1.0])
    """
    if not len(scores):
        return np.zeros(scores.shape[1], np.float32), np.ones(scores.shape[1], np.float32)
    exact = scores.astype(np.float64)
    spread = exact.std(axis=0)
    some = spread > _LEAST_SPREAD * np.abs(exact).max(axis=0)
    return exact.mean(axis=0).astype(np.float32), np.where(some, spread, 1.0).astype(np.float32)


def best_region_scores(
    regions: Regions,
    rows: Int64[np.ndarray, " rows"],
    directions: Float32[np.ndarray, "labels embed"],
) -> Float32[np.ndarray, "rows labels"]:
    """Score of the region that speaks most for each label; some images at a time."""
    best = np.empty((len(rows), len(directions)), np.float32)
    step = rows_at_once(regions.shape[1], len(directions))
    towards = torch.from_numpy(directions).T
    for start in range(0, len(rows), step):
        read = np.asarray(regions[rows[start : start + step]], np.float32)
        best[start : start + step] = (torch.from_numpy(read) @ towards).amax(dim=1).numpy()
    return best


def standardised_readings(
    task: Task,
    directions: Float32[np.ndarray, "labels embed"],
    *,
    regions_share: float,
    whole_share: float,
) -> BestRegionHead:
    """Both readings, each in its own standard deviations over training images, added up.

    Args:
        task: Must have regions; its labels are not read.
        directions: What each label looks for in regions. The whole image is compared with the
            label's name.
        regions_share: Weight of the best region.
        whole_share: Weight of the whole image.
    """
    rows, names = rows_looked_at(task), task.names.vectors
    best = best_region_scores(task.regions[0], rows, directions)
    whole = np.asarray(task.views[0][rows], np.float32) @ names.T
    region_mean, region_spread = mean_and_spread(best)
    whole_mean, whole_spread = mean_and_spread(whole)
    region_gain, whole_gain = regions_share / region_spread, whole_share / whole_spread
    bias = -(region_gain * region_mean + whole_gain * whole_mean)
    return BestRegionHead(
        torch.from_numpy((region_gain[:, None] * directions).astype(np.float32)),
        torch.from_numpy((whole_gain[:, None] * names).astype(np.float32)),
        torch.from_numpy(bias.astype(np.float32)),
    )
