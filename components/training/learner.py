"""What the training loop trains: a head, and whatever its losses have to remember."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

from jaxtyping import Bool, Float, Float32, Int8, Int64
from numpy import ndarray
from torch import Tensor, nn

from components.models.heads.head import Head
from components.models.images import Images
from components.training.task import Task

ScoreTraining = Callable[[Head], Float32[ndarray, "examples labels"]]
"""Logits that a head gives to the original view of all training images."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Some training images in one of their views, with what is known of them."""

    images: Images
    states: Int8[Tensor, "batch labels"]
    rows: Int64[Tensor, " batch"]
    """Places in the training set."""
    epoch: int
    """Epochs finished before."""
    num_epochs: int
    """Of the whole training."""


class Learner(nn.Module, ABC):
    """One method at work on one task.

    Everything that the next step depends on is a parameter or a buffer, so that a state
    dict is a checkpoint. Randomness comes from torch's own generator, which the loop
    seeds anew each epoch.
    """

    @abstractmethod
    def forward(self, batch: Batch) -> Float[Tensor, ""]:
        """Loss of a batch."""

    @abstractmethod
    def head(self) -> Head:
        """The head as it is now, apart from the learner: judged, and kept if it is best."""

    def taught_rows(self, task: Task) -> Bool[ndarray, " examples"]:
        """Images that teach it something: those with a known cell, unless a method says more."""
        return task.known_rows

    def start_epoch(self, epoch: int, score: ScoreTraining) -> None:
        """Called before each epoch; for what depends on all training images."""

    def after_step(self) -> None:
        """Called after each step; for averages over steps."""

    def anchored(self) -> list[nn.Parameter]:
        """Parameters that weight decay pulls back to where they started."""
        return []

    def pull_factors(self) -> Float[Tensor, " labels"] | None:
        """How much stronger or weaker each label, a row of what is anchored, is pulled."""
        return None

    def rate_factors(self) -> dict[str, float]:
        """Learning rates other than the schedule's, as factors by prefix of the name."""
        return {}
