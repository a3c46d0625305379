"""The asymmetric loss: negatives that are easy, or surely wrong, count less.

Source: Ridnik et al., "Asymmetric Loss For Multi-Label Classification" (ICCV 2021),
equations 4 to 7:

    present   (1 − p)^γ₊ · −log p
    absent    p_m^γ₋ · −log(1 − p_m),   p_m = max(p − clip, 0)
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as functional
from jaxtyping import Float
from torch import Tensor


@dataclass(frozen=True, kw_only=True, slots=True)
class AsymmetricLoss:
    """Settings; calling it gives the loss of each cell, in nats.

    The defaults are those of the DualCoOp port that TRM-ML's first author maintains
    (methods.md, section 1).
    """

    gamma_positive: float = 1.0
    gamma_negative: float = 2.0
    clip: float = 0.05
    """In [0, 1): absent cells below this probability cost nothing."""

    def __post_init__(self) -> None:
        if min(self.gamma_positive, self.gamma_negative) < 0 or not 0 <= self.clip < 1:
            raise ValueError("gammas must be at least 0 and clip in [0, 1)")

    def __call__(
        self, logits: Float[Tensor, "batch labels"], present: Float[Tensor, "batch labels"]
    ) -> Float[Tensor, "batch labels"]:
        """Loss of every cell; ``present`` is 1 or 0."""
        probability = torch.sigmoid(logits)
        positive = (1 - probability) ** self.gamma_positive * -functional.logsigmoid(logits)
        shifted = (probability - self.clip).clamp(min=0)
        # log1p keeps its gradient where 1 − p rounds to 0 only if p stays below 1.
        negative = shifted**self.gamma_negative * -torch.log1p(-shifted.clamp(max=1 - 1e-6))
        return present * positive + (1 - present) * negative
