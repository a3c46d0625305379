"""Zero-shot as a head: cosine with the label names, divided by the encoder's temperature."""

import numpy as np

from components.methods.zero_shot.settings import ZeroShotSettings
from components.models.heads.linear import LinearHead
from components.training.task import Task


def attempts(task: Task) -> tuple[ZeroShotSettings, ...]:
    """The only one there is."""
    return (ZeroShotSettings(),)


def untrained_head(settings: ZeroShotSettings, task: Task) -> LinearHead:
    """The linear head that zero-shot amounts to."""
    return LinearHead.of((task.names.vectors / task.names.temperature).astype(np.float32))
