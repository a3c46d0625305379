"""Binary cross-entropy over known cells alone (the masked baseline)."""

from jaxtyping import Float, Int8
from torch import Tensor

from components.labels.states import PRESENT, UNKNOWN
from components.losses.cells import binary_cross_entropy, cells
from components.methods.ignore_unknown.settings import IgnoreUnknownSettings
from components.training.learner import Learner
from components.training.linear import PULLS, LinearLearner
from components.training.task import Task


def attempts(task: Task) -> tuple[IgnoreUnknownSettings, ...]:
    """Free, and held at zero-shot more and more."""
    return tuple(IgnoreUnknownSettings(pull=pull) for pull in PULLS)


def build(settings: IgnoreUnknownSettings, task: Task) -> Learner:
    """A linear head."""
    return LinearLearner(task, loss)


def loss(
    logits: Float[Tensor, "batch labels"], states: Int8[Tensor, "batch labels"]
) -> Float[Tensor, ""]:
    """Mean over the known cells of the batch; 0 if it has none."""
    known = 1 - cells(states, UNKNOWN, logits)
    each = binary_cross_entropy(logits, cells(states, PRESENT, logits))
    return (known * each).sum() / known.sum().clamp(min=1)
