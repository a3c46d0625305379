"""Baseline: an unknown label takes no part."""

from dataclasses import dataclass
from typing import Literal

from jaxtyping import Float, Int8
from torch import Tensor

from components.labels.states import PRESENT, UNKNOWN
from components.losses.cells import binary_cross_entropy, cells
from components.training.learner import Learner, Start
from components.training.linear_learner import LinearLearner
from components.training.recipe import OnWholeImages


@dataclass(frozen=True, kw_only=True, slots=True)
class IgnoreUnknown(OnWholeImages):
    """Binary cross-entropy over known cells alone (the masked baseline)."""

    name: Literal["ignore_unknown"] = "ignore_unknown"

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
        """Mean over the known cells of the batch; 0 if it has none."""
        known = 1 - cells(states, UNKNOWN, logits)
        each = binary_cross_entropy(logits, cells(states, PRESENT, logits))
        return (known * each).sum() / known.sum().clamp(min=1)
