"""Whether probabilities mean what they say, on partly known labels."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int


@dataclass(frozen=True, kw_only=True, slots=True)
class ReliabilityBins:
    """Known cells grouped by their probability.

    Attributes:
        low: Lower edge of each bin.
        high: Upper edge of each bin.
        mean_probability: Mean probability in the bin; NaN when it is empty.
        share_present: Share of its cells that are present; NaN when it is empty.
        count: Its known cells.
    """

    low: Float[np.ndarray, " bins"]
    high: Float[np.ndarray, " bins"]
    mean_probability: Float[np.ndarray, " bins"]
    share_present: Float[np.ndarray, " bins"]
    count: Int[np.ndarray, " bins"]


def reliability_bins(
    probabilities: Float[np.ndarray, "examples labels"],
    truth: Bool[np.ndarray, "examples labels"],
    known: Bool[np.ndarray, "examples labels"],
    *,
    num_bins: int = 15,
    edges: Float[np.ndarray, " edges"] | None = None,
) -> ReliabilityBins:
    """Group the known cells of all labels into bins, of equal width unless told otherwise.

    Args:
        probabilities: In [0, 1].
        truth: Whether the label is present; ignored where not known.
        known: Which cells count.
        num_bins: At least 1.
        edges: Rising from 0 to 1, instead of a number of bins.

    Raises:
        ValueError: If a known probability lies outside [0, 1].
    """
    values = probabilities[known].astype(float)
    if values.size and not (values.min() >= 0 and values.max() <= 1):
        raise ValueError("Probabilities must lie in [0, 1]: pass calibrated ones, not logits.")
    if edges is None:
        bins = np.minimum((values * num_bins).astype(np.int64), num_bins - 1)
    else:
        num_bins = len(edges) - 1
        bins = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, num_bins - 1)
    count = np.bincount(bins, minlength=num_bins)
    summed = np.bincount(bins, weights=values, minlength=num_bins)
    present = np.bincount(bins, weights=truth[known], minlength=num_bins)
    limits = np.linspace(0, 1, num_bins + 1) if edges is None else edges
    filled = count > 0
    return ReliabilityBins(
        low=limits[:-1],
        high=limits[1:],
        mean_probability=np.divide(summed, count, out=np.full(num_bins, np.nan), where=filled),
        share_present=np.divide(present, count, out=np.full(num_bins, np.nan), where=filled),
        count=count,
    )


def expected_calibration_error(bins: ReliabilityBins) -> float:
    """Mean distance between probability and share present, weighted by cells.

    Naeini et al., "Obtaining Well Calibrated Probabilities Using Bayesian
    Binning", 2015. 0 is best; NaN when no cell is known.

    Example:
        >>> p = np.array([[0.2], [0.8]])
        >>> t = np.array([[False], [True]])
        >>> round(expected_calibration_error(reliability_bins(p, t, np.ones_like(t))), 3)
        0.2
    """
    filled = bins.count > 0
    if not filled.any():
        return float("nan")
    gaps = np.abs(bins.mean_probability[filled] - bins.share_present[filled])
    return float(np.average(gaps, weights=bins.count[filled]))
