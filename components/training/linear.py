"""Linear heads that start from zero-shot and take their steps on standardised vectors."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Bool, Float, Float32, Int8
from scipy.special import logit
from torch import Tensor, nn

from components.labelers.proposals import Proposals
from components.models.heads.head import Head
from components.models.heads.linear import LinearHead
from components.training.learner import Batch, Learner
from components.training.task import Task

PULLS = (0.0, 10.0, 30.0, 100.0)
"""That plain linear heads try; few labels want more of it."""
SPREAD = 1.5
"""Logits of one standard deviation of a label's zero-shot score, at the start."""


@dataclass(frozen=True, slots=True)
class Standardiser:
    """Moves vectors to mean 0 and unit mean square a coordinate.

    The vectors of an encoder fill a narrow cone: without this most of a step
    goes into the direction that all images share.
    """

    mean: Float32[np.ndarray, " embed"]
    scale: float

    @classmethod
    def of(cls, vectors: Float32[np.ndarray, "examples embed"]) -> "Standardiser":
        """Fitted to ``vectors``; a set without spread is only centred."""
        mean = vectors.mean(axis=0)
        spread = float(np.sqrt(np.mean(np.square(vectors - mean))))
        return cls(mean, spread if spread > 0 else 1.0)

    def apply(
        self, vectors: Float32[np.ndarray, "*rows embed"]
    ) -> Float32[np.ndarray, "*rows embed"]:
        """Standardised vectors."""
        return (vectors - self.mean) / np.float32(self.scale)


def head_like_zero_shot(
    vectors: Float32[np.ndarray, "examples embed"],
    label_vectors: Float32[np.ndarray, "labels embed"],
    expected_share: Float32[np.ndarray, " labels"] | float,
) -> tuple[Float32[np.ndarray, "labels embed"], Float32[np.ndarray, " labels"]]:
    """A head that ranks the examples of each label just as zero-shot does.

    Each label's similarity is brought to the same spread and set off by the
    logit of its expected share of positives, so that a sigmoid reads it as a
    rough probability. It acts on whatever space ``vectors`` are in.
    """
    scores = vectors @ label_vectors.T
    spread = scores.std(axis=0)
    gain = np.where(spread > 0, SPREAD / np.maximum(spread, 1e-12), 0.0).astype(np.float32)
    weight = label_vectors * gain[:, None]
    share = np.clip(np.asarray(expected_share, dtype=np.float64), 1e-3, 0.5)
    bias = logit(share) - gain * scores.mean(axis=0)
    return weight.astype(np.float32), bias.astype(np.float32)


@runtime_checkable
class CellLoss(Protocol):
    """A loss over cells; the baselines are nothing else."""

    def __call__(
        self, logits: Float[Tensor, "batch labels"], states: Int8[Tensor, "batch labels"]
    ) -> Float[Tensor, ""]:
        """Loss of a batch, in nats a cell that takes part; pure.

        ``states`` are known cells.
        """
        ...


class LinearLearner(Learner):
    """Starts as zero-shot; the loss is the recipe's."""

    def __init__(self, task: Task, loss: CellLoss) -> None:
        super().__init__()
        self.loss = loss
        self.linear = StandardisedLinear.of(task)

    def forward(self, batch: Batch) -> Float[Tensor, ""]:
        """The recipe's loss of the batch."""
        logits = self.linear(batch.images.vectors).float()
        return self.loss(logits, batch.states)

    def head(self) -> Head:
        """The same head on raw vectors."""
        return self.linear.folded()

    def anchored(self) -> list[nn.Parameter]:
        """The weights; the bias is free."""
        return [self.linear.weight]


class ProposedLearner(Learner):
    """A linear head that also learns from labels proposed before training."""

    proposals: Tensor
    weights: Tensor

    def __init__(
        self,
        task: Task,
        proposals: Proposals,
        weights: Float32[np.ndarray, "examples labels"] | None = None,
    ) -> None:
        """Starts as zero-shot.

        Args:
            task: What is known.
            proposals: For the unknown cells of all training images.
            weights: How much each counts, in [0, 1]; fully where None.
        """
        super().__init__()
        self.linear = StandardisedLinear.of(task)
        # They follow from settings and task, so a checkpoint need not hold them.
        self.register_buffer("proposals", torch.from_numpy(proposals.states), persistent=False)
        counted = torch.ones(()) if weights is None else torch.from_numpy(weights)
        self.register_buffer("weights", counted, persistent=False)

    def proposed(
        self, batch: Batch
    ) -> tuple[Int8[Tensor, "batch labels"], Float[Tensor, "batch labels"]]:
        """States proposed for the batch, and what each counts."""
        states = self.proposals[batch.rows]
        weights = self.weights[batch.rows] if self.weights.ndim else self.weights
        return states, weights.expand(states.shape)

    def taught_rows(self, task: Task) -> Bool[np.ndarray, " examples"]:
        """Those with a known or a proposed cell."""
        return task.known_rows | (self.proposals != 0).any(dim=1).cpu().numpy()

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
    def of(cls, task: Task) -> "StandardisedLinear":
        """Ranks the training images of each label as zero-shot does."""
        vectors = task.views[0]
        space = Standardiser.of(vectors)
        weight, bias = head_like_zero_shot(
            space.apply(vectors), task.names.vectors, expected_share(task.states)
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
