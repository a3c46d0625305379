"""The decision threshold of every label, all swept in one computation.

Each probability is put into the bin between two neighbouring thresholds of the
grid. The number of right and of all positive decisions at every threshold is
then a running sum over bins, so the sweep over all thresholds of all labels
costs one pass over the cells, however fine the grid.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int, Shaped
from scipy.special import logit

DEFAULT_GRID = 1 / (1 + np.exp(-np.linspace(-7, 7, 281)))
"""Thresholds from 0.001 to 0.999, evenly spaced in logits: rare labels need small ones."""


@dataclass(frozen=True, kw_only=True, slots=True)
class BestThresholds:
    """The best threshold of each label and what it reaches.

    Attributes:
        threshold: Decide *present* where the probability is at least this; NaN
            for a label with no known positive.
        score: F-beta at the threshold, in [0, 1]; NaN for such a label.
        positives: Known positives of each label.
        negatives: Known negatives of each label.
    """

    threshold: Float[np.ndarray, " labels"]
    score: Float[np.ndarray, " labels"]
    positives: Int[np.ndarray, " labels"]
    negatives: Int[np.ndarray, " labels"]


def best_thresholds(
    probabilities: Float[np.ndarray, "examples labels"],
    truth: Bool[np.ndarray, "examples labels"],
    known: Bool[np.ndarray, "examples labels"],
    *,
    weights: Float[np.ndarray, " examples"] | None = None,
    grid: Float[np.ndarray, " thresholds"] = DEFAULT_GRID,
    beta: float = 1.0,
) -> BestThresholds:
    """The threshold of each label that maximises F-beta on the known cells.

    Where several neighbouring thresholds are equally good, the middle one is
    taken: it keeps its distance from the cells on both sides.

    Args:
        probabilities: In [0, 1]. Scores on another scale work with a grid on
            that scale.
        truth: Whether the label is present; ignored where not known.
        known: Which cells count.
        weights: How much each row counts; 1 by default.
        grid: Rising thresholds to try.
        beta: How much recall weighs against precision.

    Example:
        >>> p = np.array([[0.9], [0.6], [0.2]])
        >>> t = np.array([[True], [True], [False]])
        >>> best = best_thresholds(p, t, np.ones_like(t), grid=np.array([0.1, 0.4, 0.8]))
        >>> best.threshold, best.score
        (array([0.4]), array([1.]))
    """
    sweep = _Sweep.over(probabilities, truth, known, grid)
    counted = np.ones(len(probabilities)) if weights is None else weights
    hits, chosen = sweep.counts(counted)
    positives = counted @ (truth & known)
    f_beta = _f_beta(hits, chosen, positives, beta)
    best = _middle_of_best(f_beta)
    columns = np.arange(len(positives))
    empty = positives == 0
    return BestThresholds(
        threshold=np.where(empty, np.nan, grid[best]),
        score=np.where(empty, np.nan, f_beta[best, columns]),
        positives=np.rint(positives).astype(np.int64),
        negatives=np.rint(counted @ (~truth & known)).astype(np.int64),
    )


def shared_threshold(
    probabilities: Float[np.ndarray, "examples labels"],
    truth: Bool[np.ndarray, "examples labels"],
    known: Bool[np.ndarray, "examples labels"],
    *,
    weights: Float[np.ndarray, " examples"] | None = None,
    grid: Float[np.ndarray, " thresholds"] = DEFAULT_GRID,
    beta: float = 1.0,
) -> float:
    """One threshold for all labels that maximises F-beta over all known cells.

    Arguments as for :func:`best_thresholds`.

    Returns:
        A threshold of the grid; NaN when there is no known positive.
    """
    best = best_thresholds(
        probabilities.reshape(-1, 1),
        truth.reshape(-1, 1),
        known.reshape(-1, 1),
        weights=None if weights is None else np.repeat(weights, probabilities.shape[1]),
        grid=grid,
        beta=beta,
    )
    return float(best.threshold[0])


def shrunk_thresholds(
    own: Float[np.ndarray, "*draws labels"],
    shared: float,
    positives: Shaped[np.ndarray, "*draws labels"],
    weight: float,
) -> Float[np.ndarray, "*draws labels"]:
    """Each label's threshold drawn towards the shared one, the more the fewer its positives.

    The best threshold of few positives is luck, and its luck is not that of new pictures.

    Args:
        own: Best thresholds in (0, 1); NaN without a positive.
        shared: The threshold that all labels share, in (0, 1).
        positives: Known positives of each label.
        weight: How many positives the shared threshold counts as; above 0.

    Example:
        >>> shrunk_thresholds(np.array([0.9, np.nan]), 0.5, np.array([10, 0]), 10.0)
        array([0.75, 0.5 ])
    """
    counted = np.where(np.isnan(own), 0.0, positives)
    of_own = logit(np.where(np.isnan(own), shared, own))
    steps = counted * of_own + weight * float(logit(shared))
    return 1 / (1 + np.exp(-steps / (counted + weight)))


def drawn_thresholds(
    probabilities: Float[np.ndarray, "examples labels"],
    truth: Bool[np.ndarray, "examples labels"],
    known: Bool[np.ndarray, "examples labels"],
    weights: Float[np.ndarray, "draws examples"],
    *,
    grid: Float[np.ndarray, " thresholds"] = DEFAULT_GRID,
    beta: float = 1.0,
) -> Float[np.ndarray, "draws labels"]:
    """The best threshold of each label in each draw of the images.

    Args:
        probabilities: As for :func:`best_thresholds`.
        truth: As for :func:`best_thresholds`.
        known: As for :func:`best_thresholds`.
        weights: How often each draw holds each image, from
            :func:`components.metrics.bootstrap.draw_images`.
        grid: Rising thresholds to try.
        beta: How much recall weighs against precision.

    Returns:
        Thresholds; NaN where a draw holds no known positive of the label.
    """
    sweep = _Sweep.over(probabilities, truth, known, grid)
    positives = weights @ (truth & known)
    result = np.empty(positives.shape)
    for draw, weight in enumerate(weights):
        hits, chosen = sweep.counts(weight)
        f_beta = _f_beta(hits, chosen, positives[draw], beta)
        result[draw] = grid[_middle_of_best(f_beta)]
    return np.where(positives > 0, result, np.nan)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Sweep:
    """The known cells, one entry each: their row, their bin and whether present."""

    rows: Int[np.ndarray, " cells"]
    bins: Int[np.ndarray, " cells"]
    present: Bool[np.ndarray, " cells"]
    num_bins: int
    num_labels: int

    @classmethod
    def over(
        cls,
        probabilities: Float[np.ndarray, "examples labels"],
        truth: Bool[np.ndarray, "examples labels"],
        known: Bool[np.ndarray, "examples labels"],
        grid: Float[np.ndarray, " thresholds"],
    ) -> "_Sweep":
        if len(grid) < 1 or (np.diff(grid) <= 0).any():
            raise ValueError("The grid of thresholds must rise and hold at least one value.")
        rows, columns = np.nonzero(known)
        num_labels = probabilities.shape[1]
        # A cell's bin is the number of thresholds that it reaches.
        reached = np.searchsorted(grid, probabilities[rows, columns], side="right")
        return cls(
            rows=rows,
            bins=reached * num_labels + columns,
            present=truth[rows, columns],
            num_bins=len(grid) + 1,
            num_labels=num_labels,
        )

    def counts(
        self, weight: Float[np.ndarray, " examples"]
    ) -> tuple[Float[np.ndarray, "thresholds labels"], Float[np.ndarray, "thresholds labels"]]:
        """Right and all positive decisions at every threshold, by weighted images."""
        by_cell = weight[self.rows]
        hits = self._at_least(self.bins[self.present], by_cell[self.present])
        return hits, self._at_least(self.bins, by_cell)

    def _at_least(self, bins: np.ndarray, weight: np.ndarray) -> np.ndarray:
        size = self.num_bins * self.num_labels
        counts = np.bincount(bins, weights=weight, minlength=size)
        by_bin = counts.reshape(self.num_bins, self.num_labels)
        # bincount answers in integers when there is nothing to count.
        return by_bin[::-1].cumsum(axis=0, dtype=float)[::-1][1:]


def _f_beta(hits: np.ndarray, chosen: np.ndarray, positives: np.ndarray, beta: float) -> np.ndarray:
    below = beta**2 * positives + chosen
    return np.divide((1 + beta**2) * hits, below, out=np.zeros_like(hits), where=below > 0)


def _middle_of_best(
    values: Float[np.ndarray, "thresholds labels"],
) -> Int[np.ndarray, " labels"]:
    """Position of the middle of the first run of maxima of each label."""
    is_best = values == values.max(axis=0)
    first = is_best.argmax(axis=0)
    ended = ~is_best & (np.arange(len(values))[:, None] > first)
    last = np.where(ended.any(axis=0), ended.argmax(axis=0), len(values)) - 1
    return (first + last) // 2
