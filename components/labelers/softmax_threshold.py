"""The labeler of VLPL: labels compete in a softmax, and winners are proposed.

Xing et al., arXiv 2310.15985. At threshold θ at most ⌊1/θ⌋ labels of an image
can pass, since the scores of an image sum to 1; θ is therefore tied to the
vocabulary's size and has to be chosen anew for another one.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float32, Int8
from scipy.special import softmax

from components.labelers.proposals import Proposals, proposals_for_unknown


@dataclass(frozen=True, kw_only=True, slots=True)
class SoftmaxThreshold:
    """Positive above ``theta``; optionally the lowest share of labels negative."""

    name: Literal["softmax"] = "softmax"
    theta: float = 0.3
    """In (0, 1)."""
    temperature_factor: float = 1.0
    """Multiplies the encoder's own temperature; above 0."""
    negative_share: float = 0.0
    """The ⌊share · labels⌋ lowest of each image become negative; in [0, 1)."""

    def __post_init__(self) -> None:
        if not 0 < self.theta < 1:
            raise ValueError(f"theta must be in (0, 1), got {self.theta}")
        if self.temperature_factor <= 0:
            raise ValueError(f"temperature_factor must be above 0, got {self.temperature_factor}")
        if not 0 <= self.negative_share < 1:
            raise ValueError(f"negative_share must be in [0, 1), got {self.negative_share}")

    def propose(
        self,
        zero_shot_logits: Float32[np.ndarray, "examples labels"],
        known: Int8[np.ndarray, "examples labels"],
    ) -> Proposals:
        """Proposals for unknown cells from cosine ÷ temperature.

        Example:
            >>> logits = np.array([[2.0, 0.0, -2.0]], dtype=np.float32)
            >>> SoftmaxThreshold(theta=0.5).propose(logits, np.zeros((1, 3), np.int8)).states
            array([[1, 0, 0]], dtype=int8)
        """
        scores = softmax(zero_shot_logits / self.temperature_factor, axis=1).astype(np.float32)
        negative = lowest(scores, self.negative_share)
        return proposals_for_unknown(known, scores > self.theta, negative, scores)


def lowest(
    scores: Float32[np.ndarray, "examples labels"], share: float
) -> Bool[np.ndarray, "examples labels"]:
    """Marks the ⌊share · labels⌋ lowest scores of each row; ties go to earlier columns."""
    marked = np.zeros(scores.shape, dtype=bool)
    count = int(share * scores.shape[1])
    if count:
        order = np.argsort(scores, axis=1, kind="stable")[:, :count]
        np.put_along_axis(marked, order, True, axis=1)
    return marked
