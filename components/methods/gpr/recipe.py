"""GPR: AEVLP's loss on a linear head, with the proposals of a labeler.

The loss, its source and what is ours in it: :mod:`components.methods.gpr.loss`. Of AEVLP (ICCV
2025) this is the learning half; its labeler is :mod:`components.methods.gpr.multi_crop`, and
any other serves as well. Differences from the released code: a linear head on frozen
vectors for a ResNet-50; proposals are made once, since the encoder never changes (there
at every step); the regulariser is left out where nobody says how many labels an image has.
"""

from dataclasses import dataclass, field
from functools import partial
from typing import ClassVar, Literal

import torch
from jaxtyping import Float, Int8
from torch import Tensor

from components.methods.gpr.loss import Annealing, GPRLoss, expected_positives_gap
from components.training.learner import Learner, ScoreTraining, Start
from components.training.linear_learner import LinearLearner
from components.training.recipe import CellLoss, OnWholeImages


@dataclass(frozen=True, kw_only=True, slots=True)
class GPR(OnWholeImages):
    """Settings; the defaults are those published for COCO."""

    name: Literal["gpr"] = "gpr"
    uses_proposals: ClassVar[bool] = True
    cell_loss: GPRLoss = field(default_factory=GPRLoss)
    annealing: Annealing = field(default_factory=Annealing)
    epochs: int = 8
    """Over which K and V move; as long as the training, in the published settings."""
    expected_positives: float | None = None
    """n̄, labels in an image; None leaves the regulariser out."""
    regulariser: float = 0.001
    """Weight of the regulariser; at least 0."""

    def __post_init__(self) -> None:
        if self.epochs < 1:
            raise ValueError(f"epochs must be at least 1, got {self.epochs}")
        if self.regulariser < 0 or (self.expected_positives or 0) < 0:
            raise ValueError("regulariser and expected_positives must be at least 0")

    def build(self, start: Start) -> Learner:
        """A linear head."""
        return GPRLearner(self, start)

    def loss_at(self, epoch: int) -> CellLoss:
        """The loss after so many finished epochs."""
        return partial(self.loss, epoch=epoch)

    def loss(
        self,
        logits: Float[Tensor, "batch labels"],
        states: Int8[Tensor, "batch labels"],
        proposals: Int8[Tensor, "batch labels"],
        weights: Float[Tensor, "batch labels"] | None = None,
        *,
        epoch: int = 0,
    ) -> Float[Tensor, ""]:
        """Mean over all cells, as released, and the regulariser."""
        weights = torch.ones_like(logits) if weights is None else weights
        belief = self.annealing.at(epoch, self.epochs)
        each = self.cell_loss(logits, states, proposals, weights, belief)
        if self.expected_positives is None:
            return each.mean()
        gap = expected_positives_gap(logits, self.expected_positives)
        return each.mean() + self.regulariser * gap


class GPRLearner(LinearLearner):
    """A linear head whose loss moves with the epochs."""

    def __init__(self, recipe: GPR, start: Start) -> None:
        super().__init__(start, recipe.loss_at(0))
        self.recipe = recipe

    def start_epoch(self, epoch: int, score: ScoreTraining) -> None:
        """K and V of this epoch."""
        self.loss = self.recipe.loss_at(epoch)
