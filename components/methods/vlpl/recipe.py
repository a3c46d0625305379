"""VLPL on frozen features: a linear head, with proposals of the encoder's own zero-shot scores.

Xing et al., "Vision-Language Pseudo-Labels for Single-Positive Multi-Label Learning", arXiv
2310.15985; the loss is in ``loss.py``. Proposals are made once, before training, since the
encoder never changes.
"""

import numpy as np
from jaxtyping import Float, Float32
from scipy.special import expit
from torch import Tensor

from components.calibration.scaling import fit_scaling
from components.labelers.proposals import Proposals
from components.labelers.softmax_threshold import SoftmaxThreshold
from components.methods.vlpl.calibrated_threshold import CalibratedThreshold
from components.methods.vlpl.loss import cell_losses
from components.methods.vlpl.settings import VLPLSettings
from components.training.learner import Batch, Learner
from components.training.linear import ProposedLearner
from components.training.task import Task


def attempts(task: Task) -> tuple[VLPLSettings, ...]:
    """The published settings, held as they are or more, and others with pseudo-negatives.

    The calibrated labeler needs a hold-out whose absences are known; else the softmax names
    pseudo-negatives, as the paper describes them.
    """
    published = SoftmaxThreshold(theta=0.3)
    if task.holdout.rule == "verified":
        labeler = CalibratedThreshold(theta=0.8, theta_negative=0.03)
    else:
        labeler = SoftmaxThreshold(theta=0.3, negative_share=0.8)
    return (
        *(VLPLSettings(pull=pull, labeler=published) for pull in (0.0, 10.0, 100.0)),
        VLPLSettings(pull=10.0, beta_negative=1.0, labeler=labeler),
    )


def build(settings: VLPLSettings, task: Task) -> Learner:
    """A linear head and the proposals it learns from."""
    return VLPLLearner(settings, task, propose(settings, task))


def propose(settings: VLPLSettings, task: Task) -> Proposals:
    """What the settings' labeler proposes for the task's unknown cells."""
    logits = task.zero_shot_logits()
    match settings.labeler:
        case CalibratedThreshold():
            return settings.labeler.propose(_calibrated(task, logits), task.states)
        case SoftmaxThreshold():
            return settings.labeler.propose(logits, task.states)


class VLPLLearner(ProposedLearner):
    """A linear head under VLPL's loss."""

    def __init__(
        self,
        settings: VLPLSettings,
        task: Task,
        proposals: Proposals,
        weights: Float32[np.ndarray, "examples labels"] | None = None,
    ) -> None:
        super().__init__(task, proposals, weights)
        self.settings = settings

    def forward(self, batch: Batch) -> Float[Tensor, ""]:
        """Mean over all cells, as released."""
        logits = self.linear(batch.images.vectors).float()
        proposals, weights = self.proposed(batch)
        return cell_losses(self.settings, logits, batch.states, proposals, weights).mean()


def _calibrated(
    task: Task, logits: Float32[np.ndarray, "examples labels"]
) -> Float32[np.ndarray, "examples labels"]:
    """Zero-shot probabilities, class by class, from the hold-out's known cells."""
    holdout, names = task.holdout, task.names
    judged = holdout.vectors @ names.vectors.T / np.float32(names.temperature)
    scaling = fit_scaling(judged, holdout.truth, holdout.known)
    scaled = np.clip(scaling.slope * logits + scaling.intercept, -60, 60)
    return expit(scaled).astype(np.float32)
