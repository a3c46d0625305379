"""VLPL's labeler with calibrated per-class scores in place of the softmax.

Ours: a softmax lets labels compete, so an image of many labels gets few
proposals. Scores calibrated class by class do not compete.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float32, Int8

from components.labelers.proposals import Proposals, proposals_for_unknown


@dataclass(frozen=True, kw_only=True, slots=True)
class CalibratedThreshold:
    """Positive above ``theta``, negative below ``theta_negative``."""

    name: Literal["calibrated"] = "calibrated"
    theta: float = 0.5
    """In (0, 1)."""
    theta_negative: float = 0.0
    """In [0, theta); 0 proposes no negative."""

    def __post_init__(self) -> None:
        if not 0 < self.theta < 1:
            raise ValueError(f"theta must be in (0, 1), got {self.theta}")
        if not 0 <= self.theta_negative < self.theta:
            raise ValueError(f"theta_negative must be in [0, theta), got {self.theta_negative}")

    def propose(
        self,
        probabilities: Float32[np.ndarray, "examples labels"],
        known: Int8[np.ndarray, "examples labels"],
    ) -> Proposals:
        """Proposals for unknown cells from calibrated probabilities."""
        positive = probabilities > self.theta
        negative = probabilities < self.theta_negative
        return proposals_for_unknown(known, positive, negative, probabilities)
