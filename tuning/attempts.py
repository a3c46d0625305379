"""What each method tries on the hold-out: a few settings, written down before any result."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Float32, Int8
from scipy.special import expit

from components.calibration.scaling import fit_scaling
from components.labelers.class_proportions import positive_share
from components.labelers.proposals import Proposals
from components.labelers.softmax_threshold import SoftmaxThreshold
from components.methods.assume_negative.recipe import AssumeNegative
from components.methods.csa.recipe import CSA
from components.methods.efuda.recipe import Efuda
from components.methods.entropy.recipe import Entropy
from components.methods.gpr.labelwise_negatives import LabelwiseNegatives
from components.methods.gpr.loss import Annealing, Belief, GPRLoss
from components.methods.gpr.multi_crop import MultiCrop
from components.methods.gpr.recipe import GPR
from components.methods.ignore_unknown.recipe import IgnoreUnknown
from components.methods.trm_ml.recipe import TRMML
from components.methods.vlpl.calibrated_threshold import CalibratedThreshold
from components.methods.vlpl.recipe import VLPL
from components.training.data import Schedule
from components.training.recipe import Recipe
from tuning.region_proposals import propose_from_regions
from tuning.task import Task

PULLS = (10.0, 30.0, 100.0)
"""Weight decay towards zero-shot; few labels want more of it."""
SHARED_PULLS = (200.0, 100.0, 50.0)
"""Efuda's, cautious ones first; each label divides them by its positives."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Attempt:
    """A recipe, how strongly it is held at zero-shot, and who proposes for it."""

    recipe: Recipe
    pull: float
    labeler: SoftmaxThreshold | CalibratedThreshold | MultiCrop | None = None
    negatives: LabelwiseNegatives | None = None
    """In place of the labeler's own."""
    most_epochs: int | None = None
    """Where all images teach, an epoch is long, and fewer of them do."""

    def describe(self) -> dict[str, Any]:
        """All its settings as plain values."""
        labelers = {"labeler": self.labeler, "negatives": self.negatives}
        told = {name: asdict(each) for name, each in labelers.items() if each is not None}
        return {**asdict(self.recipe), "weight_decay": self.pull, **told}  # type: ignore[call-overload]

    def schedule(self, shared: Schedule) -> Schedule:
        """The shared schedule with this attempt's pull, cut to its length."""
        epochs = min(shared.epochs, self.most_epochs or shared.epochs)
        return replace(shared, weight_decay=self.pull, epochs=epochs)

    def propose(self, task: Task) -> Int8[np.ndarray, "examples labels"]:
        """Proposals for unknown cells; none without a labeler."""
        if self.labeler is None:
            return np.zeros_like(task.states)
        proposals = self._proposals(self.labeler, task)
        if self.negatives is not None:
            proposals = self.negatives.beside(proposals, task.states)
        return proposals.states

    def _proposals(
        self, labeler: SoftmaxThreshold | CalibratedThreshold | MultiCrop, task: Task
    ) -> Proposals:
        logits = zero_shot_logits(task)
        match labeler:
            case MultiCrop():
                return propose_from_regions(labeler, task, logits)
            case CalibratedThreshold():
                return labeler.propose(_calibrated(task, logits), task.states)
            case SoftmaxThreshold():
                return labeler.propose(logits, task.states)


def zero_shot_logits(task: Task) -> Float32[np.ndarray, "examples labels"]:
    """Cosine ÷ temperature of the training images, mean over views."""
    cosines = np.mean([view @ task.names.vectors.T for view in task.views], axis=0)
    return (cosines / task.names.temperature).astype(np.float32)


def _calibrated(
    task: Task, logits: Float32[np.ndarray, "examples labels"]
) -> Float32[np.ndarray, "examples labels"]:
    """Zero-shot probabilities, class by class, from the hold-out's known cells."""
    judged = task.holdout.vectors @ task.names.vectors.T / np.float32(task.names.temperature)
    scaling = fit_scaling(judged, task.holdout.truth, task.holdout.known)
    scaled = np.clip(scaling.slope * logits + scaling.intercept, -60, 60)
    return expit(scaled).astype(np.float32)


def _pulled(recipe: Recipe) -> list[Attempt]:
    return [Attempt(recipe=recipe, pull=pull) for pull in (0.0, *PULLS)]


def _vlpl(task: Task) -> list[Attempt]:
    """The published settings, and others with the pseudo-negatives that the paper describes.

    The calibrated labeler needs a hold-out whose absences are known.
    """
    published = SoftmaxThreshold(theta=0.3)
    wider = SoftmaxThreshold(theta=0.3, negative_share=0.8)
    tried = [
        *(Attempt(recipe=VLPL(), pull=pull, labeler=published) for pull in (0.0, 10.0, 100.0)),
        *(
            Attempt(recipe=VLPL(beta_negative=each), pull=10.0, labeler=wider)
            for each in (0.3, 1.0)
        ),
    ]
    if task.rule != "verified":
        return tried
    calibrated = CalibratedThreshold(theta=0.8, theta_negative=0.03)
    losses = (VLPL(alpha=0.2, beta=0.5, beta_negative=0.3), VLPL(alpha=0.03, beta_negative=1.0))
    return [*tried, *(Attempt(recipe=each, pull=10.0, labeler=calibrated) for each in losses)]


def _gpr(task: Task) -> list[Attempt]:
    """AEVLP's settings for COCO and for VOC; regions stand for its crops.

    How many labels an image has is read off a hold-out whose absences are known.
    """
    verified = task.rule == "verified"
    coco = GPR(
        epochs=task.schedule.epochs,
        expected_positives=float(positive_share(task.holdout_states).sum()) if verified else None,
    )
    voc = replace(
        coco,
        cell_loss=GPRLoss(least_trust=0.4),
        annealing=Annealing(last=Belief(slope=2.0, offset=-2.0, centre=0.8, width=0.5)),
        regulariser=0.05,
    )
    whole = SoftmaxThreshold(theta=0.3)
    crops, clear = (MultiCrop(), MultiCrop(eta=0.0)) if task.regions else (whole, whole)
    tried = [
        *(Attempt(recipe=coco, pull=pull, labeler=crops) for pull in (0.0, 10.0, 100.0)),
        Attempt(recipe=voc, pull=10.0, labeler=clear),
        Attempt(recipe=coco, pull=10.0, labeler=crops, negatives=LabelwiseNegatives()),
    ]
    return [*tried, Attempt(recipe=coco, pull=10.0, labeler=whole)] if task.regions else tried


def _trm_ml(task: Task) -> list[Attempt]:
    return [
        Attempt(recipe=TRMML(), pull=10.0),
        Attempt(recipe=TRMML(distillation_weight=0.0), pull=30.0),
    ]


def _csa(task: Task) -> list[Attempt]:
    settings = (CSA(), CSA(whole="trained"))
    if task.names.prompter:
        # How fast tokens should learn depends on how many images are labelled.
        tokens = CSA(prompts="tokens")
        settings = (tokens, replace(tokens, token_rate=1.0))
    return [Attempt(recipe=each, pull=0.0, most_epochs=24) for each in settings]


def _efuda(task: Task) -> list[Attempt]:
    return [Attempt(recipe=Efuda(), pull=pull) for pull in SHARED_PULLS]


CAUTIOUS = ("efuda",)
"""Methods whose attempts go from cautious to bold, and whose choice is cautious too."""


ATTEMPTS: dict[str, Callable[[Task], list[Attempt]]] = {
    "assume_negative": lambda task: _pulled(AssumeNegative()),
    "ignore_unknown": lambda task: _pulled(IgnoreUnknown()),
    "entropy": lambda task: _pulled(Entropy()),
    "vlpl": _vlpl,
    "gpr": _gpr,
    "trm_ml": _trm_ml,
    "csa": _csa,
    "efuda": _efuda,
}
