"""Binary cross-entropy with every cell that is not present taken as absent."""

from jaxtyping import Float, Int8
from torch import Tensor

from components.labels.states import PRESENT
from components.losses.cells import binary_cross_entropy, cells
from components.methods.assume_negative.settings import AssumeNegativeSettings
from components.training.learner import Learner
from components.training.linear import PULLS, LinearLearner
from components.training.task import Task


def attempts(task: Task) -> tuple[AssumeNegativeSettings, ...]:
    """Free, and held at zero-shot more and more."""
    return tuple(AssumeNegativeSettings(pull=pull) for pull in PULLS)


def build(settings: AssumeNegativeSettings, task: Task) -> Learner:
    """A linear head."""
    return LinearLearner(task, loss)


def loss(
    logits: Float[Tensor, "batch labels"], states: Int8[Tensor, "batch labels"]
) -> Float[Tensor, ""]:
    """Mean over all cells."""
    return binary_cross_entropy(logits, cells(states, PRESENT, logits)).mean()
