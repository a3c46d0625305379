"""Baseline: an unknown label is kept uncertain (EM, VLPL's loss without pseudo-labels).

The "EM" row of VLPL's table (arXiv 2310.15985): entropy maximisation on unknown cells,
after Zhou et al., "Acknowledging the Unknown for Multi-Label Learning with Single
Positive Labels" (ECCV 2022).
"""

from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float, Int8
from torch import Tensor

from components.methods.vlpl.recipe import VLPL
from components.training.learner import Learner, Start
from components.training.linear_learner import LinearLearner
from components.training.recipe import OnWholeImages


@dataclass(frozen=True, kw_only=True, slots=True)
class Entropy(OnWholeImages):
    """Known cells by −log p, all others by −α · entropy."""

    name: Literal["entropy"] = "entropy"
    alpha: float = 0.1
    """Weight of the entropy reward; at least 0."""

    def build(self, start: Start) -> Learner:
        """A linear head."""
        return LinearLearner(start, self.loss)

    def loss(
        self,
        logits: Float[Tensor, "batch labels"],
        states: Int8[Tensor, "batch labels"],
        proposals: Int8[Tensor, "batch labels"],
        weights: Float[Tensor, "batch labels"] | None = None,
    ) -> Float[Tensor, ""]:
        """VLPL's loss with nothing proposed."""
        return VLPL(alpha=self.alpha).loss(logits, states, torch.zeros_like(proposals))
