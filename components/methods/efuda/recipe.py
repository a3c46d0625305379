"""Efuda's own recipe: the whole image and its regions together, never far from zero-shot.

What the bench showed to matter on frozen features, and nothing else (docs/results/bench.md):

- **Two readings.** A linear head on the whole image and an evidence pool over its regions
  (:mod:`components.models.heads.summed`) are trained as one; fully labelled, the sum beats
  either by far more than either beats zero-shot.
- **An anchor, label by label.** Both start as zero-shot, half each, and every step is
  followed by a pull back to that start. A label with many known positives is pulled less,
  in proportion, as a prior gives way to data; Adam's steps, equally long for all labels,
  would not see to that (docs/results/few.md). How strong the pull is as a whole is chosen
  on the hold-out.
- **Silence is weak evidence.** For a label of which nobody ever said *no*, unknown cells
  count as absent, a little (``unknown_weight``). Where absences are known, unknown cells
  are left out: then guesses did not help.
- **No regions, no pool.** Without region vectors the linear head does the work alone.
- **Averaged weights.** The head that is judged and kept is a running mean over steps
  (Polyak averaging).
"""

from functools import partial
from typing import cast

import torch
import torch.nn.functional as functional
from jaxtyping import Float, Int8
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from components.labels.states import ABSENT, PRESENT, UNKNOWN
from components.losses.cells import cells
from components.methods.efuda.settings import EfudaSettings
from components.models.heads.head import Head, detached_copy
from components.models.heads.summed import SummedHead
from components.models.images import Images
from components.training.learner import Batch, Learner
from components.training.linear import StandardisedLinear
from components.training.region_start import evidence_pool_like_zero_shot
from components.training.task import Task

PULLS = (200.0, 100.0, 50.0)
"""Cautious ones first; each label divides them by its positives."""
_IMAGINED_POSITIVES = 1.0
"""Of each label, so that one without a known positive has a pull, too; 0.5 and 2 did
equally well on development splits."""
_RAMP_STEPS = 5
"""The running mean starts short, so that the first steps are not the start for long."""


def attempts(task: Task) -> tuple[EfudaSettings, ...]:
    """From cautious to bold."""
    return tuple(EfudaSettings(pull=pull) for pull in PULLS)


def build(settings: EfudaSettings, task: Task) -> Learner:
    """Half of each reading, both at zero-shot; without regions all of the one."""
    return EfudaLearner(settings, task)


def loss(
    settings: EfudaSettings,
    logits: Float[Tensor, "batch labels"],
    states: Int8[Tensor, "batch labels"],
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
    counted = (1 - unknown) + settings.unknown_weight * unknown * never_absent
    each = functional.binary_cross_entropy_with_logits(
        logits, cells(states, PRESENT, logits), reduction="none"
    )
    return (counted * each).sum() / counted.sum().clamp(min=1e-6)


class EfudaLearner(Learner):
    """Both readings, and their running mean."""

    never_absent: Tensor
    pull_shares: Tensor

    def __init__(self, settings: EfudaSettings, task: Task) -> None:
        super().__init__()
        self.settings = settings
        self.readings = _Readings(task)
        absent = torch.from_numpy((task.states == ABSENT).any(axis=0))
        self.register_buffer("never_absent", (~absent).float())
        positives = torch.from_numpy((task.states == PRESENT).sum(axis=0))
        self.register_buffer("pull_shares", 1 / (positives.float() + _IMAGINED_POSITIVES))
        moved = partial(_moved, averaging=settings.averaging)
        self.mean = AveragedModel(self.readings, avg_fn=moved).requires_grad_(False)
        self.mean.update_parameters(self.readings)  # the first update copies: the start

    def forward(self, batch: Batch) -> Float[Tensor, ""]:
        """The loss of the batch."""
        logits = self.readings(batch.images).float()
        return loss(self.settings, logits, batch.states, self.never_absent)

    @torch.no_grad()
    def after_step(self) -> None:
        """Move the running mean."""
        self.mean.update_parameters(self.readings)

    def head(self) -> Head:
        """The running mean, the whole image's part on raw vectors."""
        mean = cast(_Readings, self.mean.module)
        whole = mean.whole.folded()
        return whole if mean.pool is None else SummedHead(whole, detached_copy(mean.pool))

    def anchored(self) -> list[nn.Parameter]:
        """All weights; biases are free."""
        pool = self.readings.pool
        pooled = [] if pool is None else [pool.where, pool.what]
        return [self.readings.whole.weight, *pooled]

    def pull_factors(self) -> Float[Tensor, " labels"]:
        """The more positives, the weaker."""
        return self.pull_shares


def _moved(mean: Tensor, value: Tensor, steps: Tensor | int, *, averaging: float) -> Tensor:
    keep = min(averaging, float(steps / (steps + _RAMP_STEPS)))
    return torch.lerp(mean, value, 1 - keep)


class _Readings(nn.Module):
    """A linear head on the whole image and, where there are regions, a pool over them."""

    def __init__(self, task: Task) -> None:
        super().__init__()
        self.whole = StandardisedLinear.of(task)
        self.pool = evidence_pool_like_zero_shot(task) if task.regions else None
        if self.pool is not None:
            with torch.no_grad():
                for half in (self.whole.weight, self.whole.bias, self.pool.what, self.pool.bias):
                    half.mul_(0.5)

    def forward(self, images: Images) -> Float[Tensor, "batch labels"]:
        """Logits, the sum of both."""
        logits = self.whole(images.vectors)
        return logits if self.pool is None else logits + self.pool(images)
