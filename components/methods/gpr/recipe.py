"""GPR: AEVLP's loss on a linear head, with the proposals of a labeler.

The loss, its source and what is ours in it: ``loss.py``. Of AEVLP (ICCV 2025) this is the
learning half; its labeler is ``multi_crop.py``, and any other serves as well. Differences
from the released code: a linear head on frozen vectors for a ResNet-50; proposals are made
once, since the encoder never changes (there at every step); the regulariser is left out
where nobody says how many labels an image has.
"""

from dataclasses import replace

import numpy as np
from jaxtyping import Float, Float32
from torch import Tensor

from components.labelers.class_proportions import positive_share
from components.labelers.proposals import Proposals
from components.labelers.softmax_threshold import SoftmaxThreshold
from components.methods.gpr.labelwise_negatives import LabelwiseNegatives
from components.methods.gpr.loss import cell_losses, expected_positives_gap
from components.methods.gpr.multi_crop import MultiCrop
from components.methods.gpr.settings import Annealing, Belief, CellSettings, GPRSettings
from components.models.images import rows_at_once
from components.training.learner import Batch, Learner
from components.training.linear import ProposedLearner
from components.training.task import Task


def attempts(task: Task) -> tuple[GPRSettings, ...]:
    """AEVLP's settings for COCO and for VOC; regions stand for its crops.

    How many labels an image has is read off a hold-out whose absences are known.
    """
    verified = task.holdout.rule == "verified"
    expected = float(positive_share(task.holdout.states).sum()) if verified else None
    whole = SoftmaxThreshold(theta=0.3)
    crops, clear = (MultiCrop(), MultiCrop(eta=0.0)) if task.has_regions else (whole, whole)
    coco = GPRSettings(pull=10.0, expected_positives=expected, labeler=crops)
    voc = replace(
        coco,
        cells=CellSettings(least_trust=0.4),
        annealing=Annealing(last=Belief(slope=2.0, offset=-2.0, centre=0.8, width=0.5)),
        regulariser=0.05,
        labeler=clear,
    )
    return (
        *(replace(coco, pull=pull) for pull in (0.0, 10.0)),
        voc,
        replace(coco, negatives=LabelwiseNegatives()),
    )


def build(settings: GPRSettings, task: Task) -> Learner:
    """A linear head and the proposals it learns from."""
    return GPRLearner(settings, task, propose(settings, task))


def propose(settings: GPRSettings, task: Task) -> Proposals:
    """What the settings' labeler proposes for the task's unknown cells."""
    logits = task.zero_shot_logits()
    match settings.labeler:
        case MultiCrop():
            proposals = _from_regions(settings.labeler, task, logits)
        case SoftmaxThreshold():
            proposals = settings.labeler.propose(logits, task.states)
    if settings.negatives is None:
        return proposals
    return settings.negatives.beside(proposals, task.states)


class GPRLearner(ProposedLearner):
    """A linear head whose loss moves with the epochs."""

    def __init__(self, settings: GPRSettings, task: Task, proposals: Proposals) -> None:
        super().__init__(task, proposals)
        self.settings = settings

    def forward(self, batch: Batch) -> Float[Tensor, ""]:
        """Mean over all cells, as released, and the regulariser."""
        settings = self.settings
        logits = self.linear(batch.images.vectors).float()
        belief = settings.annealing.at(batch.epoch, settings.annealing_epochs or batch.num_epochs)
        each = cell_losses(settings.cells, logits, batch.states, *self.proposed(batch), belief)
        if settings.expected_positives is None:
            return each.mean()
        gap = expected_positives_gap(logits, settings.expected_positives)
        return each.mean() + settings.regulariser * gap


def _from_regions(
    labeler: MultiCrop, task: Task, logits: Float32[np.ndarray, "examples labels"]
) -> Proposals:
    """What the labeler proposes, some rows at a time.

    Region vectors of the original view stand for crops, which would each have to go
    through the encoder. The labeler says what is wrong where there are no regions.
    """
    num_images, num_labels = logits.shape
    num_regions = task.regions[0].shape[1] if task.regions else 0
    step = rows_at_once(num_regions, num_labels)
    states = np.zeros((num_images, num_labels), np.int8)
    scores = np.zeros((num_images, num_labels), np.float32)
    for start in range(0, num_images, step):
        rows = np.arange(start, min(start + step, num_images))
        found = labeler.propose(logits[rows], _region_logits(task, rows), task.states[rows])
        states[rows], scores[rows] = found.states, found.scores
    return Proposals(states, scores)


def _region_logits(task: Task, rows: np.ndarray) -> Float32[np.ndarray, "rows regions labels"]:
    names = task.names.vectors
    if not task.regions:
        return np.zeros((len(rows), 0, len(names)), np.float32)
    vectors = np.asarray(task.regions[0][rows], np.float32)
    return vectors @ names.T / np.float32(task.names.temperature)
