"""A linear head, trained on standardised vectors by a loss over cells."""

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from components.models.heads.head import Head
from components.models.heads.linear import LinearHead
from components.training.learner import Batch, Learner, Start
from components.training.linear_head import Standardiser, zero_shot_head
from components.training.recipe import CellLoss


class LinearLearner(Learner):
    """Starts as zero-shot; the loss is the recipe's."""

    def __init__(self, start: Start, loss: CellLoss) -> None:
        super().__init__()
        self.loss = loss
        self.linear = StandardisedLinear.of(start)

    def forward(self, batch: Batch) -> Float[Tensor, ""]:
        """The recipe's loss of the batch."""
        logits = self.linear(batch.images.vectors).float()
        return self.loss(logits, batch.states, batch.proposals, batch.weights)

    def head(self) -> Head:
        """The same head on raw vectors."""
        return self.linear.folded()

    def anchored(self) -> list[nn.Parameter]:
        """The weights; the bias is free."""
        return [self.linear.weight]


class StandardisedLinear(nn.Module):
    """A linear head whose steps are taken on standardised vectors."""

    centre: Tensor
    scale: Tensor

    def __init__(self, space: Standardiser, weight: np.ndarray, bias: np.ndarray) -> None:
        super().__init__()
        self.register_buffer("centre", torch.from_numpy(space.mean))
        self.register_buffer("scale", torch.tensor(space.scale))
        self.weight = nn.Parameter(torch.from_numpy(weight))
        self.bias = nn.Parameter(torch.from_numpy(bias))

    @classmethod
    def of(cls, start: Start) -> "StandardisedLinear":
        """Ranks the training images of each label as zero-shot does."""
        vectors = start.data.views[0]
        space = Standardiser.of(vectors)
        weight, bias = zero_shot_head(
            space.apply(vectors), start.names.vectors, expected_share(start.data.states)
        )
        return cls(space, weight, bias)

    def forward(self, vectors: Float[Tensor, "batch embed"]) -> Float[Tensor, "batch labels"]:
        """Logits of raw vectors."""
        standard = (vectors - self.centre) / self.scale
        return nn.functional.linear(standard, self.weight, self.bias)

    def folded(self) -> LinearHead:
        """A head on raw vectors that gives the same logits."""
        return self.folding(self.weight.detach(), self.bias.detach())

    def folding(
        self, weight: Float[Tensor, "labels embed"], bias: Float[Tensor, " labels"]
    ) -> LinearHead:
        """The head on raw vectors that stands for other weights on standardised ones."""
        raw = weight / self.scale
        return LinearHead(raw, bias - raw @ self.centre)


def expected_share(states: np.ndarray) -> np.ndarray:
    """Share of images in which each label is known to be present; at least one image's."""
    present = (states == 1).mean(axis=0) if len(states) else np.zeros(states.shape[1])
    return np.maximum(present, 1 / max(len(states), 1)).astype(np.float32)
