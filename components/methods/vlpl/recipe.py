"""VLPL: learning from vision-language pseudo-labels.

Xing et al., "Vision-Language Pseudo-Labels for Single-Positive Multi-Label
Learning", arXiv 2310.15985. The loss is that of the released code:

    observed positive   ℓ(p)
    pseudo-positive     β · (s·ℓ(p) + (1−s)·ℓ(1−p)),  s = 0.9
    unknown             −α · H(p): uncertainty is rewarded
    pseudo-negative     β₋ · ((1−s)·ℓ(p) + s·ℓ(1−p)); off in the released recipe

with ℓ(x) = −log(x + 1e−5), divided by the number of cells. Ours, for label
situations the paper does not have: an observed negative costs ℓ(1−p).
"""

from dataclasses import dataclass
from typing import ClassVar, Literal

import torch
from jaxtyping import Float, Int8
from torch import Tensor

from components.labels.states import ABSENT, PRESENT, UNKNOWN
from components.losses.cells import cells, entropy, smoothed, surprise
from components.training.learner import Learner, Start
from components.training.linear_learner import LinearLearner
from components.training.recipe import OnWholeImages


@dataclass(frozen=True, kw_only=True, slots=True)
class VLPL(OnWholeImages):
    """The cell loss above; the proposals come from a labeler."""

    name: Literal["vlpl"] = "vlpl"
    uses_proposals: ClassVar[bool] = True
    alpha: float = 0.1
    """Weight of the entropy reward on unknown cells; at least 0."""
    beta: float = 0.7
    """Weight of pseudo-positives; at least 0."""
    beta_negative: float = 0.0
    """Weight of pseudo-negatives; at least 0."""
    smoothing: float = 0.9
    """Target of a pseudo-positive; in (0.5, 1]."""

    def __post_init__(self) -> None:
        if min(self.alpha, self.beta, self.beta_negative) < 0:
            raise ValueError("alpha, beta and beta_negative must be at least 0")
        if not 0.5 < self.smoothing <= 1:
            raise ValueError(f"smoothing must be in (0.5, 1], got {self.smoothing}")

    @classmethod
    def variant(cls, name: Literal["released", "paper"]) -> "VLPL":
        """The recipe as its code was released, or as the paper's abstract describes it.

        ``released`` has no pseudo-negatives: their branch is commented out. ``paper`` has
        them, with the weight of pseudo-positives, which is our choice: the code sets it
        to 0 and no figure is given. Both need a labeler: softmax at θ = 0.3, for
        ``paper`` with a ``negative_share`` of 0.1 to 0.4.
        """
        return cls() if name == "released" else cls(beta_negative=0.7)

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
        """Mean over all cells, as released."""
        return self.cell_losses(logits, states, proposals, weights).mean()

    def cell_losses(
        self,
        logits: Float[Tensor, "batch labels"],
        states: Int8[Tensor, "batch labels"],
        proposals: Int8[Tensor, "batch labels"],
        weights: Float[Tensor, "batch labels"] | None = None,
    ) -> Float[Tensor, "batch labels"]:
        """The loss of each cell; the entropy reward makes some negative."""
        weights = torch.ones_like(logits) if weights is None else weights
        probabilities = torch.sigmoid(logits)
        proposals = torch.where(states == UNKNOWN, proposals, UNKNOWN)
        untouched = cells(states, UNKNOWN, logits) * cells(proposals, UNKNOWN, logits)
        return (
            cells(states, PRESENT, logits) * surprise(probabilities)
            + cells(states, ABSENT, logits) * surprise(1 - probabilities)
            + self.beta
            * weights
            * cells(proposals, PRESENT, logits)
            * smoothed(probabilities, self.smoothing)
            + self.beta_negative
            * weights
            * cells(proposals, ABSENT, logits)
            * smoothed(probabilities, 1 - self.smoothing)
            - self.alpha * untouched * entropy(probabilities)
        )
