"""Which labels come together: counts, and the log-odds that follow from them.

Given that label l is present, the log-odds of label k move by
logit P(k | l) − logit P(k). Rare pairs are shrunk: ``strength`` imagined images
with l carry k as often as images in general do, so a pair seen once moves little
and a label never seen moves nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Float32, Int, Int8
from scipy.special import logit

from components.labels.states import PRESENT, UNKNOWN

_ROWS_AT_ONCE = 4096
_LABELS_AT_ONCE = 256
_IMAGINED_IMAGES = 2.0


@dataclass(frozen=True, kw_only=True, slots=True)
class LabelStatistics:
    """Counts over label sets; they may come from another set of images.

    Attributes:
        positives: Images where the label is known to be present.
        known: Images where the label is known.
        together: Images where both labels are known to be present.
        exposure: Images where the first is present and the second is known.
    """

    positives: Float32[np.ndarray, " labels"]
    known: Float32[np.ndarray, " labels"]
    together: Float32[np.ndarray, "labels labels"]
    exposure: Float32[np.ndarray, "labels labels"]

    @classmethod
    def of(cls, states: Int8[np.ndarray, "examples labels"]) -> "LabelStatistics":
        """Count the known cells of ``states``."""
        num_labels = states.shape[1]
        positives, known = np.zeros((2, num_labels), np.float32)
        together, exposure = np.zeros((2, num_labels, num_labels), np.float32)
        for start in range(0, len(states), _ROWS_AT_ONCE):
            rows = states[start : start + _ROWS_AT_ONCE]
            present = (rows == PRESENT).astype(np.float32)
            is_known = (rows != UNKNOWN).astype(np.float32)
            positives += present.sum(axis=0)
            known += is_known.sum(axis=0)
            together += present.T @ present
            exposure += present.T @ is_known
        return cls(positives=positives, known=known, together=together, exposure=exposure)

    @property
    def share(self) -> Float[np.ndarray, " labels"]:
        """Expected share of positives, strictly inside (0, 1).

        A label with few known cells is drawn towards the share of all labels.
        """
        overall = (self.positives.sum() + 1.0) / (self.known.sum() + 2.0)
        above = self.positives + _IMAGINED_IMAGES * overall
        return above / (self.known + _IMAGINED_IMAGES)

    def log_odds_given(
        self, labels: Int[np.ndarray, " given"] | Sequence[int], *, strength: float
    ) -> Float32[np.ndarray, "given labels"]:
        """How far each given label, when present, moves the log-odds of every label.

        Args:
            labels: Columns.
            strength: Imagined images behind every pair; above 0.

        Returns:
            Differences of log-odds; a label does not move itself.
        """
        if strength <= 0:
            raise ValueError(f"strength must be above 0, got {strength}")
        given = np.asarray(labels, dtype=np.int64)
        share = self.share
        above = self.together[given] + strength * share
        conditional = above / (self.exposure[given] + strength)
        # Where a label is always there, one imagined image keeps the odds finite.
        ceiling = 1 - 0.5 / (self.exposure[given] + strength + 1.0)
        moved = logit(np.minimum(conditional, np.maximum(ceiling, share))) - logit(share)
        moved[np.arange(len(given)), given] = 0.0
        return moved.astype(np.float32)

    def expected_log_odds(
        self, weights: Float32[np.ndarray, "examples labels"], *, strength: float
    ) -> Float32[np.ndarray, "examples labels"]:
        """Σ over labels of weight × :meth:`log_odds_given`, label chunk by label chunk.

        Args:
            weights: How far each label is believed present, 0 for not at all.
            strength: As for :meth:`log_odds_given`.
        """
        moved = np.zeros_like(weights)
        used = np.flatnonzero(weights.any(axis=0))
        for start in range(0, len(used), _LABELS_AT_ONCE):
            chunk = used[start : start + _LABELS_AT_ONCE]
            moved += weights[:, chunk] @ self.log_odds_given(chunk, strength=strength)
        return moved

    def log_odds_from(
        self, present: Bool[np.ndarray, "examples labels"], *, strength: float
    ) -> Float32[np.ndarray, "examples labels"]:
        """Sum of the moves of the labels that are known to be present."""
        return self.expected_log_odds(present.astype(np.float32), strength=strength)
