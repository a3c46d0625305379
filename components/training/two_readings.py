"""The whole image and its regions read together, held near where they start; for any loss.

What a method learns from, its loss, is one question and what it trains another. This is
Efuda's answer to the second, apart from the first, so that every loss can be given it
(docs/results/bodies.md):

- **Two readings.** A linear head on the whole image and an evidence pool over its regions
  (:mod:`components.models.heads.summed`) are trained as one, half each at the start, which
  is the standardised zero-shot score of the whole image plus about that of the best region.
  Without region vectors the linear head does the work alone.
- **An anchor, label by label.** Every step is followed by a pull back to the start. A label
  with many known positives is pulled less, in proportion, as a prior gives way to data;
  Adam's steps, equally long for all labels, would not see to that (docs/results/few.md).
- **Averaged weights.** The head that is judged and kept is a running mean over steps
  (Polyak averaging).

The readings are what counts. The anchor and the averages came in with another start and an
encoder less apt; with today's, no gain of theirs can be told from 0 on the drawn world.
"""

from functools import partial
from typing import cast

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from components.labels.states import PRESENT
from components.models.heads.head import Head, detached_copy
from components.models.heads.summed import SummedHead
from components.models.images import Images
from components.training.learner import Batch, Learner
from components.training.linear import CellLoss, StandardisedLinear
from components.training.region_start import evidence_pool_like_best_region
from components.training.task import Task

_IMAGINED_POSITIVES = 1.0
"""Of each label, so that one without a known positive has a pull, too; 0.5 and 2 did
equally well on development splits."""
_RAMP_STEPS = 5
"""The running mean starts short, so that the first steps are not the start for long."""


class TwoReadings(nn.Module):
    """A linear head on the whole image and, where there are regions, a pool over them."""

    def __init__(self, task: Task) -> None:
        super().__init__()
        self.whole = StandardisedLinear.of(task)
        self.pool = evidence_pool_like_best_region(task) if task.regions else None
        if self.pool is not None:
            with torch.no_grad():
                for half in (self.whole.weight, self.whole.bias, self.pool.what, self.pool.bias):
                    half.mul_(0.5)

    def forward(self, images: Images) -> Float[Tensor, "batch labels"]:
        """Logits, the sum of both."""
        logits = self.whole(images.vectors)
        return logits if self.pool is None else logits + self.pool(images)

    def head(self) -> Head:
        """The same on raw vectors, apart from this."""
        whole = self.whole.folded()
        return whole if self.pool is None else SummedHead(whole, detached_copy(self.pool))


class TwoReadingsLearner(Learner):
    """Both readings and their running mean, under a loss."""

    pull_shares: Tensor

    def __init__(
        self, task: Task, loss: CellLoss, *, averaging: float, by_label: bool = True
    ) -> None:
        """Starts as zero-shot.

        Args:
            task: What is known.
            loss: Of a batch's logits and known cells.
            averaging: How much of itself the running mean keeps a step; in [0, 1), 0 keeps
                the last step.
            by_label: Whether labels are pulled the less the more positives they have; else all
                alike.
        """
        super().__init__()
        self.loss = loss
        self.readings = TwoReadings(task)
        positives = torch.from_numpy((task.states == PRESENT).sum(axis=0))
        shares = 1 / (positives.float() + _IMAGINED_POSITIVES)
        self.register_buffer("pull_shares", shares if by_label else torch.ones_like(shares))
        moved = partial(_moved, averaging=averaging)
        self.mean = AveragedModel(self.readings, avg_fn=moved).requires_grad_(False)
        self.mean.update_parameters(self.readings)  # the first update copies: the start

    def forward(self, batch: Batch) -> Float[Tensor, ""]:
        """The loss of the batch."""
        return self.loss(self.readings(batch.images).float(), batch.states)

    @torch.no_grad()
    def after_step(self) -> None:
        """Move the running mean."""
        self.mean.update_parameters(self.readings)

    def head(self) -> Head:
        """The running mean, on raw vectors."""
        return cast(TwoReadings, self.mean.module).head()

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
