"""CSA: context-based semantic-aware alignment. A reconstruction.

"Context-Based Semantic-Aware Alignment for Semi-Supervised Multi-Label Learning" (arXiv
2412.18842). No code was found; this follows the public description as methods.md,
section 2 sets it out, and is no reproduction.

    L = ASL(known) + λ_u · w ⊙ ASL(pseudo) + λ_c · (BCE(known contexts) + BCE(others))

The head reads label-specific evidence from regions and contexts from the whole image
(components/models/heads/contextual.py). A teacher, the average over the student's
steps, looks at the cached view of each image and calls unknown cells present or absent
by a threshold a label; the student learns them from a strong view in feature space.
Contexts are groups of labels that come together (components/methods/csa/contexts.py).

It goes cell by cell, so partial and single-positive labels are served as well as a few
fully labelled images: "labelled" means a known cell, "unlabelled" an unknown one.

Ours, where the description is silent: contexts feed back into labels (see the head), as
strongly as is right on images kept apart;
labels can be read from the whole image as well (``whole``); weights are calibrated on a
share of the labelled images that teaches nothing else.
"""

from dataclasses import replace
from functools import partial
from typing import cast

import numpy as np
import torch
from jaxtyping import Float
from scipy.special import expit
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from components.labels.states import PRESENT, UNKNOWN
from components.losses.asymmetric import AsymmetricLoss
from components.losses.cells import binary_cross_entropy, cells, weighted_mean
from components.methods.csa.context_targets import believed_contexts, known_contexts
from components.methods.csa.contexts import ContextModel
from components.methods.csa.contextual_start import ContextualStart
from components.methods.csa.feedback import feedback_strength
from components.methods.csa.prompted_pool import PromptedPool, started_prompts
from components.methods.csa.pseudo_label_thresholds import class_thresholds
from components.methods.csa.pseudo_label_weights import TrustCurve, pseudo_weights
from components.methods.csa.settings import CSASettings
from components.methods.csa.strong_views import strong_view
from components.models.heads.contextual import ContextualHead
from components.models.heads.head import Head, detached_copy
from components.models.heads.summed import SummedHead
from components.training.learner import Batch, Learner, ScoreTraining
from components.training.task import Task

_LONGEST = 24
"""All images teach, so an epoch is long, and fewer of them do."""


def attempts(task: Task) -> tuple[CSASettings, ...]:
    """The whole image as zero-shot reads it, and learned; free and held, or tokens of two speeds.

    How fast tokens should learn depends on how many images are labelled.
    """
    if task.names.prompter is not None:
        tokens = CSASettings(most_epochs=_LONGEST, prompts="tokens")
        ways = (tokens, replace(tokens, token_rate=1.0))
    else:
        plain = CSASettings(most_epochs=_LONGEST)
        ways = (plain, replace(plain, pull=10.0))
    return (*ways, *(replace(each, whole="trained") for each in ways))


def build(settings: CSASettings, task: Task) -> Learner:
    """The head close to zero-shot, and its contexts."""
    return CSALearner(settings, task)


def contexts_of(settings: CSASettings, task: Task) -> ContextModel:
    """Groups of labels, from the known cells of the training images."""
    found = ContextModel.fit(
        task.states,
        task.names.vectors,
        num_groups=settings.num_groups,
        images_for_half=settings.images_for_half,
    )
    shuffled = settings.shuffle_contexts
    return found if shuffled is None else found.shuffled(shuffled)


class CSALearner(Learner):
    """Student, teacher, thresholds and trust."""

    thresholds: Tensor
    estimation: Tensor

    def __init__(self, settings: CSASettings, task: Task) -> None:
        super().__init__()
        self.settings = settings
        self.asymmetric = AsymmetricLoss(
            gamma_positive=settings.gamma_positive,
            gamma_negative=settings.gamma_negative,
            clip=settings.clip,
        )
        self.states = task.states
        tokens = None
        if settings.prompts == "tokens":
            tokens = started_prompts(task, settings.num_tokens, shared=settings.shared_tokens)
        found = ContextualStart.of(
            task,
            contexts_of(settings, task),
            hidden=settings.hidden,
            whole=settings.whole != "absent",
            pool=tokens and tokens.pool,
        )
        self.space = found.space
        self.student = found.head
        self.prompts = None
        if tokens:
            self.student.pool.where.requires_grad_(False)
            self.student.pool.what.requires_grad_(False)
            self.prompts = PromptedPool(tokens.where, tokens.what, self.student.pool)
        if not settings.context_weight:
            self.student.contexts.requires_grad_(False)
        if settings.whole == "fixed":
            cast(SummedHead, self.student.reading).whole.requires_grad_(False)
        # Of a fresh head: making one draws random numbers, and without them every later draw,
        # and so every published figure, would be another.
        self.teacher = AveragedModel(
            detached_copy(self.student), avg_fn=partial(followed, decay=settings.decay)
        ).requires_grad_(False)
        self.teacher.update_parameters(self.student)  # the first update copies: the start
        self.curve = TrustCurve()
        self.register_buffer("thresholds", torch.full((self.states.shape[1],), torch.inf))
        self.register_buffer("estimation", torch.from_numpy(self._estimation_images()))

    def _estimation_images(self) -> np.ndarray:
        """Labelled images that calibrate weights and teach nothing else."""
        chosen = np.zeros(len(self.states), np.bool_)
        wanted = self.settings.weighting == "calibrated" or self.settings.context_weight
        if wanted and (self.states < UNKNOWN).any():
            labelled = np.flatnonzero((self.states != UNKNOWN).any(axis=1))
            order = torch.randperm(len(labelled)).numpy()
            chosen[labelled[order[: int(self.settings.estimation_share * len(labelled))]]] = True
        return chosen

    def forward(self, batch: Batch) -> Float[Tensor, ""]:
        """L of the batch."""
        settings = self.settings
        weak = self.space(batch.images)
        strong = strong_view(weak, region_dropout=settings.region_dropout, noise=settings.noise)
        read = (
            self.prompts.read(self.student, strong) if self.prompts else self.student.read(strong)
        )
        labels, contexts = map(_at_least_single, read)
        used = torch.where(self.estimation[batch.rows][:, None], UNKNOWN, batch.states)
        known = 1 - cells(used, UNKNOWN, labels)
        present = cells(used, PRESENT, labels)
        loss = weighted_mean(self.asymmetric(labels, present), known)
        warm = batch.epoch < settings.warm_up_epochs
        with torch.no_grad():
            believed = _at_least_single(self.teacher(weak)).sigmoid()
        if settings.unknown_weight and not warm:
            loss = loss + settings.unknown_weight * self._pseudo_loss(labels, believed, batch)
        if settings.context_weight:
            loss = loss + settings.context_weight * self._context_loss(
                contexts, used, believed, warm
            )
        return loss

    def _pseudo_loss(self, labels: Tensor, believed: Tensor, batch: Batch) -> Tensor:
        """Loss of pseudo-labels, w ⊙ ASL over unknown cells."""
        present = believed >= self.thresholds
        weight = pseudo_weights(self.settings.weighting, believed, present, self.curve)
        weight = weight * cells(batch.states, UNKNOWN, labels)
        return weighted_mean(self.asymmetric(labels, present.to(labels.dtype)), weight)

    def _context_loss(
        self, contexts: Tensor, states: Tensor, believed: Tensor, warm: bool
    ) -> Tensor:
        """BCE over contexts that are known, and over those that the teacher believes in."""
        groups, count = self.student.contexts.groups, contexts.shape[1]
        known = (known_contexts(states, groups, count) != UNKNOWN).to(contexts.dtype)
        target = believed_contexts(states, self.curve(believed), groups, count)
        each = binary_cross_entropy(contexts, target)
        loss = weighted_mean(each, known)
        return loss if warm else loss + weighted_mean(each, 1 - known)

    def start_epoch(self, epoch: int, score: ScoreTraining) -> None:
        """Thresholds and trust, from the teacher's view of all training images."""
        apart = np.flatnonzero(self.estimation.cpu().numpy())
        truth, known = self.states[apart] == PRESENT, self.states[apart] != UNKNOWN
        if self.settings.context_weight:
            logits = self._fit_feedback(score, apart)
        else:
            logits = score(self.space.folded(self._teacher()))
        if epoch < self.settings.warm_up_epochs:
            return
        probabilities = expit(logits)
        self.curve.fit(probabilities[apart], truth, known)
        found = class_thresholds(
            self.settings.policy,
            probabilities,
            self.states,
            beta=self.settings.beta,
            expected_positives=self.settings.expected_positives,
        )
        self.thresholds.copy_(torch.from_numpy(found))

    def _fit_feedback(self, score: ScoreTraining, apart: np.ndarray) -> np.ndarray:
        """Measure a anew on the images kept apart; logits of all images with it."""
        teacher = self._teacher()
        without, full = (
            score(self.space.folded(_with_feedback(teacher, strength))) for strength in (0.0, 1.0)
        )
        moved = full - without
        found = feedback_strength(without[apart], moved[apart], self.states[apart])
        for head in (teacher, self.student):
            head.feedback.fill_(found)
        return without + np.float32(found) * moved

    def after_step(self) -> None:
        """The teacher follows; of prompts that are tokens, the vectors of the last forward pass."""
        self.teacher.update_parameters(self.student)

    def rate_factors(self) -> dict[str, float]:
        """Few images are soon learned by heart."""
        return {"student.": self.settings.rate, "prompts.": self.settings.token_rate}

    def anchored(self) -> list[nn.Parameter]:
        """The prompts."""
        reading = self.student.reading
        whole = [reading.whole.weight] if isinstance(reading, SummedHead) else []
        if self.prompts:
            return [*self.prompts.anchored(), *whole]
        return [self.student.pool.where, self.student.pool.what, *whole]

    def _teacher(self) -> ContextualHead:
        return cast(ContextualHead, self.teacher.module)

    def head(self) -> Head:
        """On raw images, of the teacher or of the student; with prompts as plain vectors."""
        if self.prompts and self.settings.keep == "student":
            self.prompts.fold(self.student)
        kept = self._teacher() if self.settings.keep == "teacher" else self.student
        return self.space.folded(kept)


def followed(mean: Tensor, value: Tensor, steps: Tensor | int, *, decay: float) -> Tensor:
    """The teacher after so many steps: it keeps min(decay, (1 + t) / (10 + t)) of itself.

    So it forgets its start soon (the usual warm-up of such averages; ours for CSA).
    """
    count = int(steps)
    return torch.lerp(mean, value, 1 - min(decay, (1 + count) / (10 + count)))


def _with_feedback(head: ContextualHead, strength: float) -> ContextualHead:
    changed = detached_copy(head)
    changed.feedback.fill_(strength)
    return changed


def _at_least_single(logits: Tensor) -> Tensor:
    """Half precision is for products, not for losses."""
    return logits.to(torch.promote_types(logits.dtype, torch.float32))
