"""Efuda's own recipe: two readings of an image, held near their start, and a plain loss.

What is trained and how it is held is :mod:`components.training.two_readings`. The loss is
cross-entropy over known cells, with one addition:

- **Silence is weak evidence.** For a label of which nobody ever said *no*, unknown cells
  count as absent, a little (``unknown_weight``). Where absences are known, unknown cells
  are left out: then guesses did not help.

So where every label has a known absence the recipe is ignore-unknown in this body. What each
part is worth is measured in docs/results/bodies.md.
"""

from functools import partial

import torch
import torch.nn.functional as functional
from jaxtyping import Float, Int8
from torch import Tensor

from components.labels.states import ABSENT, PRESENT, UNKNOWN
from components.losses.cells import cells
from components.methods.efuda.settings import EfudaSettings
from components.training.learner import Learner
from components.training.task import Task
from components.training.two_readings import TwoReadingsLearner

PULLS = (200.0, 100.0, 50.0, 25.0)
"""Cautious ones first; each label divides them by its positives."""


def attempts(task: Task) -> tuple[EfudaSettings, ...]:
    """From cautious to bold."""
    return tuple(EfudaSettings(pull=pull) for pull in PULLS)


def build(settings: EfudaSettings, task: Task) -> Learner:
    """Half of each reading, both at zero-shot; without regions all of the one."""
    absent = torch.from_numpy((task.states == ABSENT).any(axis=0))
    return TwoReadingsLearner(
        task,
        partial(loss, settings, never_absent=(~absent).float()),
        averaging=settings.averaging,
    )


def loss(
    settings: EfudaSettings,
    logits: Float[Tensor, "batch labels"],
    states: Int8[Tensor, "batch labels"],
    *,
    never_absent: Float[Tensor, " labels"],
) -> Float[Tensor, ""]:
    """Cross-entropy, mean over what the cells count.

    Args:
        settings: What unknown cells count.
        logits: Of the batch.
        states: Known cells.
        never_absent: 1 for labels without a known absence in training, else 0.
    """
    unknown = cells(states, UNKNOWN, logits)
    silent = settings.unknown_weight * unknown * never_absent.to(logits.device)
    counted = (1 - unknown) + silent
    each = functional.binary_cross_entropy_with_logits(
        logits, cells(states, PRESENT, logits), reduction="none"
    )
    return (counted * each).sum() / counted.sum().clamp(min=1e-6)
