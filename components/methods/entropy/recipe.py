"""Known cells by −log p, all others by −α · entropy.

The "EM" row of VLPL's table (arXiv 2310.15985): entropy maximisation on unknown cells,
after Zhou et al., "Acknowledging the Unknown for Multi-Label Learning with Single
Positive Labels" (ECCV 2022); VLPL's loss without pseudo-labels.
"""

from functools import partial

from jaxtyping import Float, Int8
from torch import Tensor

from components.labels.states import ABSENT, PRESENT, UNKNOWN
from components.losses.cells import cells, entropy, surprise
from components.methods.entropy.settings import EntropySettings
from components.training.learner import Learner
from components.training.linear import PULLS, LinearLearner
from components.training.task import Task


def attempts(task: Task) -> tuple[EntropySettings, ...]:
    """Free, and held at zero-shot more and more."""
    return tuple(EntropySettings(pull=pull) for pull in PULLS)


def build(settings: EntropySettings, task: Task) -> Learner:
    """A linear head."""
    return LinearLearner(task, partial(loss, alpha=settings.alpha))


def loss(
    logits: Float[Tensor, "batch labels"],
    states: Int8[Tensor, "batch labels"],
    *,
    alpha: float,
) -> Float[Tensor, ""]:
    """Mean over all cells; ``alpha`` weighs the reward for uncertainty."""
    probabilities = logits.sigmoid()
    each = (
        cells(states, PRESENT, logits) * surprise(probabilities)
        + cells(states, ABSENT, logits) * surprise(1 - probabilities)
        - alpha * cells(states, UNKNOWN, logits) * entropy(probabilities)
    )
    return each.mean()
