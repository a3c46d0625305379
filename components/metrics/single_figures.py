"""Intervals of single figures, by halves of the images.

Average precision of few positives is too high: each positive is counted among those ranked
above itself. A difference of two taggers is spared most of that, a single figure is not, and
draws with replacement do not show how much it is, since copies rank beside each other. Halves
of the images, drawn without replacement, do: a half scatters about the whole as the whole about
all such images, and lies as much above the whole as halving the images adds to the bias.

Source: McCarthy, "Pseudo-Replication: Half Samples", 1969; Shao and Wu, "A General Theory for
Jackknife Variance Estimation", 1989.
"""

import numpy as np
from jaxtyping import Float, Float32
from scipy.stats import norm

from components.metrics.bootstrap import Interval


def draw_halves(
    num_images: int, num_draws: int, *, seed: int
) -> Float32[np.ndarray, "draws images"]:
    """Which images each half holds: 1 or 0.

    Args:
        num_images: At least 1; of an odd number a half holds one more than the rest.
        num_draws: At least 1.
        seed: The same seed gives the same draws.

    Raises:
        ValueError: If there is nothing to draw.

    Example:
        >>> draw_halves(5, 3, seed=0).sum(axis=1).tolist()
        [3.0, 3.0, 3.0]
    """
    if num_images < 1 or num_draws < 1:
        raise ValueError(
            f"Cannot draw {num_draws} halves of {num_images} images: both must be at least 1."
        )
    rng = np.random.default_rng(seed)
    weights = np.zeros((num_draws, num_images), np.float32)
    for row in weights:
        row[rng.permutation(num_images)[: (num_images + 1) // 2]] = 1
    return weights


def single_interval(
    value: float, halves: Float[np.ndarray, " draws"], *, confidence: float = 0.95
) -> Interval:
    """Where the figure of very many such images lies.

    It is centred at the figure less its bias, and drawn out to the figure itself where that lies
    outside: nobody would understand an interval without it.

    Args:
        value: The figure on the images as they are, in [0, 1].
        halves: The figure in each half; NaN where a half gives none.
        confidence: Share of such intervals that hold the figure of very many images, in (0, 1).

    Returns:
        The interval, cut off at 0 and 1; its bounds are NaN when no half gives a figure.

    Example:
        >>> found = single_interval(0.6, np.array([0.6, 0.7]))
        >>> round(found.low, 3), round(found.high, 3)
        (0.452, 0.648)
    """
    usable = halves[~np.isnan(halves)]
    if not usable.size:
        return Interval(mean=value, low=float("nan"), high=float("nan"))
    centre = 2 * value - float(usable.mean())
    reach = float(norm.ppf((1 + confidence) / 2)) * float(usable.std())
    low, high = min(centre - reach, value), max(centre + reach, value)
    return Interval(mean=value, low=max(low, 0.0), high=min(high, 1.0))
