"""Cosines with the names, standardised over the names of an image, then over images.

The first half of SPARC (CVPR 2025, kjmillerCURIS/SPARC, "normalize only"). The other half, a
principal component over the sorted scores of compound prompts, is left out: it wants hundreds
of further sentences from the encoder, and which of them name a label.

With fewer than ``min_names`` names the first step is left out. What remains ranks the pictures
of each name as plain zero-shot does.
"""

import numpy as np
import torch

from components.methods.zero_shot_normalised.settings import ZeroShotNormalisedSettings
from components.models.heads.normalised import NormalisedHead
from components.training.readings import mean_and_spread, rows_looked_at
from components.training.task import Task


def attempts(task: Task) -> tuple[ZeroShotNormalisedSettings, ...]:
    """As published: there is nothing to choose."""
    return (ZeroShotNormalisedSettings(),)


def untrained_head(settings: ZeroShotNormalisedSettings, task: Task) -> NormalisedHead:
    """Means and deviations of the training images; their labels are not read."""
    text = torch.from_numpy(np.asarray(task.names.vectors, np.float32))
    nothing = torch.zeros(len(text))
    over_names = len(text) >= settings.min_names
    head = NormalisedHead(text, nothing, torch.ones(len(text)), over_names=over_names)
    vectors = torch.from_numpy(np.asarray(task.views[0][rows_looked_at(task)], np.float32))
    mean, spread = mean_and_spread(head.compared(vectors).numpy())
    return NormalisedHead(
        text, torch.from_numpy(mean), torch.from_numpy(spread), over_names=over_names
    )
