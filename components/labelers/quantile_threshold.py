"""The highest share of each label's unknown cells, the same share for all labels.

The plainest policy that adapts to a label's scale of scores; it knows nothing of
how often a label occurs (compare :mod:`components.labelers.class_proportions`).
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float32, Int8

from components.labelers.class_proportions import ClassProportions
from components.labelers.proposals import Proposals


@dataclass(frozen=True, kw_only=True, slots=True)
class QuantileThreshold:
    """Positive for the ⌊(1 − quantile) · n⌋ highest of the n unknown cells of a label."""

    name: Literal["quantile"] = "quantile"
    quantile: float = 0.98
    """In [0, 1]; 1 proposes nothing."""

    def __post_init__(self) -> None:
        if not 0 <= self.quantile <= 1:
            raise ValueError(f"quantile must be in [0, 1], got {self.quantile}")

    def propose(
        self,
        scores: Float32[np.ndarray, "examples labels"],
        known: Int8[np.ndarray, "examples labels"],
    ) -> Proposals:
        """Proposals for unknown cells; of tied scores the earlier row goes first."""
        share = np.full(scores.shape[1], 1 - self.quantile)
        return ClassProportions().propose(scores, known, share)
