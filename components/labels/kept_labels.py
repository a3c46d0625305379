"""Whether the one label that a photograph has is its more frequent one, or any of its labels.

People name what is common or large first, so labels with one positive an image may be no
fair draw. Photographs of which all labels are known show what a fair draw would look like.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Int

MIN_PHOTOS = 30
"""Photographs with two known labels and more, below which nothing is said."""
_NUM_DRAWS = 400
_SEED = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class KeptLabels:
    """Where the kept labels stand between a fair draw and the most frequent label each time."""

    verdict: Literal["frequent", "rare", "fair", "unknown"]
    """The more frequent label is kept more often than by chance, or less often; neither can be
    told; too few photographs to say."""
    place: float | None
    """0 for a fair draw, 1 for the most frequent label each time; None where it is not known."""
    low: float | None
    high: float | None
    """99 % interval of ``place``, over redrawn photographs of both kinds."""
    num_photos: int
    """Photographs with two labels and more that it was compared with."""


def kept_labels(
    kept: Int[np.ndarray, " photos"], whole: Sequence[np.ndarray], num_labels: int
) -> KeptLabels:
    """Compare the kept labels with a fair draw from photographs of which all labels are known.

    The frequency of a label is its share of those photographs. A fair draw has a mean frequency
    of its labels, and so has the choice of the most frequent label each time; the mean frequency
    of the kept labels lies somewhere along that line.

    Args:
        kept: Column of the one label of each photograph.
        whole: Columns of the present labels of each fully known photograph, none empty.
        num_labels: Columns in all.
    """
    several = sum(len(labels) > 1 for labels in whole)
    if several < MIN_PHOTOS or len(kept) < MIN_PHOTOS:
        return KeptLabels(verdict="unknown", place=None, low=None, high=None, num_photos=several)
    counts = np.bincount(np.concatenate(whole), minlength=num_labels)
    frequency = counts / len(whole)
    fair = np.array([frequency[labels].mean() for labels in whole])
    most = np.array([frequency[labels].max() for labels in whole])
    ours = frequency[kept]
    rng = np.random.default_rng(_SEED)
    draws = np.array(
        [
            _place(
                rng.choice(ours, len(ours)).mean(),
                *(each[rows].mean() for each in (fair, most)),
            )
            for rows in rng.integers(0, len(whole), (_NUM_DRAWS, len(whole)))
        ]
    )
    low, high = np.quantile(draws, [0.005, 0.995])
    verdict = "frequent" if low > 0 else "rare" if high < 0 else "fair"
    return KeptLabels(
        verdict=verdict,
        place=float(_place(ours.mean(), fair.mean(), most.mean())),
        low=float(low),
        high=float(high),
        num_photos=several,
    )


def _place(ours: float, fair: float, most: float) -> float:
    # Labels that are all equally frequent leave no line to stand on.
    return (ours - fair) / (most - fair) if most > fair else 0.0
