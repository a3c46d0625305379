"""MAT: the threshold of each label that maximises F-beta on labelled images.

Source: the metric-adaptive thresholding of "Dual-Decoupling Learning and
Metric-Adaptive Thresholding for Semi-Supervised Multi-Label Learning" (ECCV
2024), as its repository JiahaoXxX/SSMLL-D2L_MAT computes it: probabilities, grid
0 to 0.99 by 0.01, β = 0.5. Two differences from that code:

- its denominator is βP + R, not β²P + R (F-beta); ``variant="released"`` keeps it,
  with the lowest of equally good thresholds, where we take the middle one;
- a label without a labelled positive ends there at threshold 0, which proposes
  it everywhere; here it is never proposed, in both variants.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float, Float32

from components.calibration.thresholds import best_thresholds
from components.labelers.proposals import ClassThresholds

GRID: Float[np.ndarray, " thresholds"] = np.arange(100) / 100


@dataclass(frozen=True, kw_only=True, slots=True)
class FBetaThreshold:
    """Settings; :meth:`fit` gives the thresholds."""

    name: Literal["f_beta"] = "f_beta"
    beta: float = 0.5
    """How much recall weighs against precision; above 0."""
    variant: Literal["f_beta", "released"] = "f_beta"

    def __post_init__(self) -> None:
        if self.beta <= 0:
            raise ValueError(f"beta must be above 0, got {self.beta}")

    def fit(
        self,
        probabilities: Float32[np.ndarray, "examples labels"],
        truth: Bool[np.ndarray, "examples labels"],
        known: Bool[np.ndarray, "examples labels"],
    ) -> ClassThresholds:
        """Thresholds from the known cells; infinity for a label without a positive."""
        if self.variant == "released":
            return ClassThresholds(_released(probabilities, truth, known, self.beta))
        best = best_thresholds(probabilities, truth, known, grid=GRID, beta=self.beta)
        return ClassThresholds(np.where(np.isnan(best.threshold), np.inf, best.threshold))


def _released(
    probabilities: Float32[np.ndarray, "examples labels"],
    truth: Bool[np.ndarray, "examples labels"],
    known: Bool[np.ndarray, "examples labels"],
    beta: float,
) -> Float[np.ndarray, " labels"]:
    positives = (truth & known).sum(axis=0)
    best = np.zeros(truth.shape[1])
    threshold = np.full(truth.shape[1], np.inf)
    for candidate in GRID:
        chosen = (probabilities >= candidate) & known
        hits = (chosen & truth).sum(axis=0)
        precision = hits / np.maximum(chosen.sum(axis=0), 1)
        recall = hits / np.maximum(positives, 1)
        above = (1 + beta**2) * precision * recall
        value = np.divide(above, beta * precision + recall, out=above * 0.0, where=hits > 0)
        better = value > best
        best[better], threshold[better] = value[better], candidate
    return threshold
