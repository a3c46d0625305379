"""Zero-shot as a head: cosine with the label names, divided by the encoder's temperature."""

import numpy as np

from components.errors import InputError
from components.methods.zero_shot.settings import ZeroShotSettings
from components.models.heads.linear import LinearHead
from components.training.learner import Learner
from components.training.task import Names, Task


def attempts(task: Task) -> tuple[ZeroShotSettings, ...]:
    """The only one there is."""
    return (ZeroShotSettings(),)


def build(settings: ZeroShotSettings, task: Task) -> Learner:
    """Refused: there is nothing to train, and :func:`zero_shot_head` is what there is to have."""
    raise InputError("zero-shot is not trained; leave it out where taggers are trained.")


def zero_shot_head(names: Names) -> LinearHead:
    """The head that zero-shot amounts to."""
    return LinearHead.of((names.vectors / names.temperature).astype(np.float32))
