"""Precision and recall of ranked proposals, on images drawn again and again."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

RECALLS = np.linspace(0.01, 0.7, 139)
"""Where curves are drawn."""
DEPTH = 1500
"""Cells looked at from the top: far beyond any precision asked for here."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """The surest cells of one labeler: their image, whether right, ends of ties."""

    images: np.ndarray
    right: np.ndarray
    ends: np.ndarray
    scores: np.ndarray
    positives: np.ndarray
    """Positives to be found in each image."""

    @classmethod
    def of(cls, scores: np.ndarray, truth: np.ndarray, unknown: np.ndarray) -> "Ranking":
        """Rank the unknown cells by falling score; tied cells enter together."""
        rows, columns = np.nonzero(unknown)
        values = scores[rows, columns].astype(np.float64)
        order = np.argsort(-values, kind="stable")[:DEPTH]
        values = values[order]
        ends = np.append(values[1:] != values[:-1], len(order) == len(rows))
        # The cut at DEPTH may divide a group of ties: then its last cell is no end.
        return cls(
            images=rows[order],
            right=truth[rows, columns][order],
            ends=ends,
            scores=values,
            positives=(truth & unknown).sum(axis=1),
        )

    def curve(self, weights: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Precision and recall after each cell, NaN inside ties.

        Args:
            weights: draws × images, how often each image counts; once by default.

        Returns:
            Two arrays, draws × cells.
        """
        if weights is None:
            weights = np.ones((1, len(self.positives)), np.float32)
        weight = weights[:, self.images]
        hits = (weight * self.right).cumsum(axis=1)
        chosen = weight.cumsum(axis=1)
        total = weights @ self.positives
        with np.errstate(invalid="ignore", divide="ignore"):
            precision = np.where(self.ends, hits / chosen, np.nan)
        return precision, hits / np.maximum(total, 1)[:, None]

    def at_threshold(
        self, theta: float, weights: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Precision and recall of the cells above ``theta``, one value a draw."""
        precision, recall = self.curve(weights)
        last = int((self.scores > theta).sum()) - 1
        if last < 0:
            return np.full(len(precision), np.nan), np.zeros(len(recall))
        return precision[:, last], recall[:, last]

    def recall_at(self, precision: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
        """The highest recall at each draw's precision or a higher one; 0 if never."""
        reached, recall = self.curve(weights)
        with np.errstate(invalid="ignore"):
            enough = reached >= precision[:, None] - 1e-9
        return np.where(enough, recall, 0.0).max(axis=1, initial=0.0)

    def precision_over(self, recalls: np.ndarray) -> np.ndarray:
        """Precision where each recall is reached; NaN where it cannot be so shy or so bold."""
        precision, recall = (values[0] for values in self.curve())
        whole = np.isfinite(precision)
        precision, recall = precision[whole], recall[whole]
        if not len(recall):
            return np.full(recalls.shape, np.nan)
        place = np.searchsorted(recall, recalls)
        reached = (place < len(recall)) & (recall[0] <= recalls)
        return np.where(reached, precision[np.minimum(place, len(recall) - 1)], np.nan)

    def threshold_for(self, precision: float) -> float:
        """The lowest score down to which the precision holds; infinity if never."""
        reached = self.curve()[0][0]
        with np.errstate(invalid="ignore"):
            enough = np.flatnonzero(reached >= precision - 1e-9)
        return float(self.scores[enough[-1]]) if enough.size else float("inf")


def mean_precision(rankings: Sequence[Ranking]) -> np.ndarray:
    """Precision over :data:`RECALLS`, mean of several rankings; NaN where one has none."""
    return np.mean([ranking.precision_over(RECALLS) for ranking in rankings], axis=0)
