"""Baseline: an unknown label counts as absent."""

from dataclasses import dataclass
from typing import Literal

from jaxtyping import Float, Int8
from torch import Tensor

from components.labels.states import PRESENT
from components.losses.cells import binary_cross_entropy, cells
from components.training.learner import Learner, Start
from components.training.linear_learner import LinearLearner
from components.training.recipe import OnWholeImages


@dataclass(frozen=True, kw_only=True, slots=True)
class AssumeNegative(OnWholeImages):
    """Binary cross-entropy with every cell that is not present taken as absent."""

    name: Literal["assume_negative"] = "assume_negative"

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
        """Mean over all cells."""
        return binary_cross_entropy(logits, cells(states, PRESENT, logits)).mean()
