"""TRM-ML: text-region matching with missing labels. A reconstruction.

"Text-Region Matching for Multi-Label Image Recognition with Missing Labels" (ACM MM
2024, arXiv 2407.18520). No code is released; this follows the public description as
methods.md, section 1 sets it out, and is no reproduction.

    L = ASL(observed) + w · ASL(proposed) + λ_c · contrast + λ_k · distillation

Observed cells teach the head (components/models/heads/region_query.py) through the
asymmetric loss. Unknown cells are proposed from prototypes once these have been warmed
up, and left out where nothing is sure. Ours: the teacher's
attention has the encoder's own temperature; the contrast sees at most
``contrast_vectors`` regions of a batch, so that memory stays bounded.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from components.labels.states import PRESENT, UNKNOWN
from components.losses.asymmetric import AsymmetricLoss
from components.losses.cells import cells, weighted_mean
from components.losses.contrast import supervised_contrast
from components.losses.distillation import distillation
from components.methods.trm_ml.confidence import confidence, proposed
from components.methods.trm_ml.prototypes import CategoryPrototypes
from components.methods.trm_ml.settings import TRMMLSettings
from components.models.heads.head import Head, detached_copy
from components.models.heads.region_query import Attended
from components.training.learner import Batch, Learner
from components.training.region_start import region_query_like_zero_shot
from components.training.task import Task

_SIMILARITIES_AT_ONCE = 1 << 24
"""64 MB, whatever the number of labels."""


def attempts(task: Task) -> tuple[TRMMLSettings, ...]:
    """As reconstructed and without a teacher, each held at zero-shot a little and more."""
    pulls = (10.0, 30.0)
    return (
        *(TRMMLSettings(pull=pull) for pull in pulls),
        *(TRMMLSettings(pull=pull, distillation_weight=0.0) for pull in pulls),
    )


def build(settings: TRMMLSettings, task: Task) -> Learner:
    """The head at zero-shot, prototypes at the texts."""
    return TRMMLLearner(settings, task)


class TRMMLLearner(Learner):
    """The head and the prototypes it keeps."""

    def __init__(self, settings: TRMMLSettings, task: Task) -> None:
        super().__init__()
        self.settings = settings
        self.asymmetric = AsymmetricLoss(
            gamma_positive=settings.gamma_positive,
            gamma_negative=settings.gamma_negative,
            clip=settings.clip,
        )
        self.temperature = task.names.temperature
        self.query = region_query_like_zero_shot(task)
        self.prototypes = CategoryPrototypes(self.query.text)
        self._seen: tuple[Tensor, Tensor, Tensor] | None = None

    def forward(self, batch: Batch) -> Float[Tensor, ""]:
        """L of the batch."""
        regions = self.query.standardised(batch.images.required_regions())
        attended = self.query.attend(regions)
        cosines = attended.cosines(self.query.prompts).float()
        logits = self.query.logits(cosines)
        rows, labels = torch.nonzero(batch.states == PRESENT, as_tuple=True)
        seen = attended.vectors(rows, labels).float()
        self._seen = (seen.detach(), labels, logits.detach()[rows, labels].sigmoid())
        loss = self.cell_loss(logits, batch.states, self._propose(batch, attended))
        if self.settings.distillation_weight:
            loss = loss + self.settings.distillation_weight * self._distillation(regions, cosines)
        if self.settings.contrast_weight:
            loss = loss + self.settings.contrast_weight * self._contrast(seen, labels)
        return loss

    def cell_loss(self, logits: Tensor, observed: Tensor, proposals: Tensor) -> Tensor:
        """ASL over observed cells and, weighted, over proposed ones."""
        known = 1 - cells(observed, UNKNOWN, logits)
        guessed = 1 - cells(proposals, UNKNOWN, logits)
        each = self.asymmetric(logits, cells(observed + proposals, PRESENT, logits))
        observed_part = weighted_mean(each, known)
        return observed_part + self.settings.proposal_weight * weighted_mean(each, guessed)

    def _propose(self, batch: Batch, attended: Attended) -> Tensor:
        """States for the batch's unknown cells; none during the warm-up."""
        if batch.epoch < self.settings.warm_up_epochs or not self.settings.proposal_weight:
            return torch.zeros_like(batch.states)
        sureness = self._sureness(attended)
        return proposed(sureness, batch.states, self.settings.theta, self.settings.theta_negative)

    @torch.no_grad()
    def _sureness(self, attended: Attended) -> Tensor:
        """Confidence of every cell, some labels at a time: each is compared with all."""
        mean, spread = self.prototypes.moments()
        middle = self.prototypes.middle
        temperature = self.settings.temperature_factor * self.temperature
        num_labels = len(middle)
        step = max(1, _SIMILARITIES_AT_ONCE // (num_labels * len(attended.length)))
        parts: list[Tensor] = []
        for first in range(0, num_labels, step):
            labels = slice(first, first + step)
            similarity = attended.of_labels(labels).inner(middle).float()
            parts.append(confidence(similarity, mean[labels], spread[labels], temperature, first))
        return torch.cat(parts, dim=1)

    def _distillation(self, regions: Tensor, cosines: Tensor) -> Tensor:
        """Towards the frozen similarities, each label's regions weighted by themselves."""
        with torch.no_grad():
            frozen = nn.functional.normalize(regions, dim=-1) @ self.query.text.T
            weights = (frozen / self.temperature).softmax(dim=1)
            teacher = (weights * frozen).sum(dim=1).float()
        return distillation(teacher, cosines, self.temperature)

    def _contrast(self, seen: Tensor, labels: Tensor) -> Tensor:
        """Observed regions, and the prototypes of the labels among them."""
        seen, labels = (
            seen[: self.settings.contrast_vectors],
            labels[: self.settings.contrast_vectors],
        )
        used = labels.unique()
        vectors = torch.cat([seen, self.prototypes.usable[used], self.prototypes.text[used]])
        return supervised_contrast(
            vectors, torch.cat([labels, used, used]), self.settings.contrast_temperature
        )

    def after_step(self) -> None:
        """Let the prototypes see what the step saw."""
        if self._seen is not None:
            self.prototypes.update(*self._seen)
            self._seen = None

    def head(self) -> Head:
        """A copy of the head."""
        return detached_copy(self.query)

    def anchored(self) -> list[nn.Parameter]:
        """The queries."""
        return [self.query.query]
