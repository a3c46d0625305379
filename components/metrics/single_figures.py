"""Intervals of single figures, by halves of the images.

Average precision of few positives is too high: each positive is counted among those above
itself. A difference of two taggers is spared most of that, a single figure is not, and draws
with replacement do not show how much it is, since copies rank beside each other. Halves of the
images, drawn without replacement, do: a half scatters about the whole as the whole about the
population, and lies as much above it as the bias grows when the images are halved. Quarters
tell how fast it grows.

Source of the halves: McCarthy, "Pseudo-Replication: Half Samples", 1969; Shao and Wu, "A General
Theory for Jackknife Variance Estimation", 1989. The bias is carried on to infinitely many
images as a geometric series (Aitken's rule).
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32
from scipy.stats import norm

from components.metrics.bootstrap import Interval

LEAST_GROWTH, MOST_GROWTH = 1.5, 2.0
"""Of the bias when images are halved. It is 2 where each label has many positives; below 1.5
the series would carry noise far."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PartWeights:
    """Which images each draw holds: 1 or 0."""

    halves: Float32[np.ndarray, "draws images"]
    quarters: Float32[np.ndarray, "draws images"]
    """Each within the half of the same draw."""


def draw_parts(num_images: int, num_draws: int, *, seed: int) -> PartWeights:
    """Halves and quarters of the images, at random.

    Args:
        num_images: At least 1. Of one image a half is the image itself.
        num_draws: At least 1.
        seed: The same seed gives the same draws.

    Raises:
        ValueError: If there is nothing to draw.
    """
    if num_images < 1 or num_draws < 1:
        raise ValueError(
            f"Cannot draw {num_draws} halves of {num_images} images: both must be at least 1."
        )
    rng = np.random.default_rng(seed)
    half, quarter = (num_images + 1) // 2, (num_images + 3) // 4
    halves = np.zeros((num_draws, num_images), np.float32)
    quarters = np.zeros_like(halves)
    for in_half, in_quarter in zip(halves, quarters, strict=True):
        order = rng.permutation(num_images)
        in_half[order[:half]] = 1
        in_quarter[order[:quarter]] = 1
    return PartWeights(halves=halves, quarters=quarters)


def single_interval(
    value: float,
    halves: Float[np.ndarray, " draws"],
    quarters: Float[np.ndarray, " draws"],
    *,
    confidence: float = 0.95,
) -> Interval:
    """Where the figure of very many such images lies.

    The interval is centred at the figure less its bias, and drawn out to the figure itself where
    that lies outside.

    Args:
        value: The figure on the images as they are, in [0, 1].
        halves: The figure in each half; NaN draws are left out.
        quarters: In each quarter, likewise.
        confidence: Share of such intervals that hold that figure, in (0, 1).

    Returns:
        The interval, cut off at 0 and 1; its bounds are NaN when no half gives a figure.

    Example:
        >>> found = single_interval(0.6, np.array([0.55, 0.65]), np.array([0.5, 0.7]))
        >>> round(found.low, 3), round(found.high, 3)
        (0.502, 0.698)
    """
    usable = halves[~np.isnan(halves)]
    if not usable.size:
        return Interval(mean=value, low=float("nan"), high=float("nan"))
    centre = value - _bias(value, float(usable.mean()), quarters)
    reach = float(norm.ppf((1 + confidence) / 2)) * float(usable.std())
    low, high = min(centre - reach, value), max(centre + reach, value)
    return Interval(mean=value, low=max(low, 0.0), high=min(high, 1.0))


def _bias(value: float, at_half: float, quarters: Float[np.ndarray, " draws"]) -> float:
    """What the figure lies above that of very many images."""
    usable = quarters[~np.isnan(quarters)]
    grown = at_half - value
    if not usable.size or not grown:
        return grown
    growth = (float(usable.mean()) - at_half) / grown
    return grown / (float(np.clip(growth, LEAST_GROWTH, MOST_GROWTH)) - 1)
