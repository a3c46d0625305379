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

from dataclasses import dataclass
from typing import ClassVar, Literal

import torch
import torch.nn.functional as functional
from jaxtyping import Float, Int8
from torch import Tensor, nn

from components.labels.states import ABSENT, PRESENT, UNKNOWN
from components.losses.cells import cells
from components.models.heads.copying import detached_copy
from components.models.heads.head import Head
from components.models.heads.summed import SummedHead
from components.training.learner import Batch, Learner, Start
from components.training.linear_learner import StandardisedLinear
from components.training.region_start import evidence_pool_like_zero_shot

_IMAGINED_POSITIVES = 1.0
"""Of each label, so that one without a known positive has a pull, too; 0.5 and 2 did
equally well on development splits."""
_RAMP_STEPS = 5
"""The running mean starts short, so that the first steps are not the start for long."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Efuda:
    """Settings of the loss.

    The pull on label k is the schedule's ``weight_decay`` ÷ (known positives of k + 1).
    """

    name: Literal["efuda"] = "efuda"
    uses_proposals: ClassVar[bool] = False
    needs_regions: ClassVar[bool] = False
    reads_regions: ClassVar[bool] = True
    reads_unlabelled: ClassVar[bool] = False
    unknown_weight: float = 0.3
    """What an unknown cell counts as an absent one, for labels without a known absence;
    in [0, 1]."""
    averaging: float = 0.99
    """Of the running mean over steps; in [0, 1), 0 keeps the last step."""

    def __post_init__(self) -> None:
        if not 0 <= self.unknown_weight <= 1 or not 0 <= self.averaging < 1:
            raise ValueError("unknown_weight must be in [0, 1] and averaging in [0, 1)")

    def build(self, start: Start) -> Learner:
        """Half of each reading, both at zero-shot; without regions all of the one."""
        return EfudaLearner(self, start)

    def loss(
        self,
        logits: Float[Tensor, "batch labels"],
        states: Int8[Tensor, "batch labels"],
        never_absent: Float[Tensor, " labels"],
    ) -> Float[Tensor, ""]:
        """Cross-entropy, mean over what the cells count.

        Args:
            logits: Of the batch.
            states: Known cells.
            never_absent: 1 for labels without a known absence in training, else 0.
        """
        unknown = cells(states, UNKNOWN, logits)
        counted = (1 - unknown) + self.unknown_weight * unknown * never_absent
        each = functional.binary_cross_entropy_with_logits(
            logits, cells(states, PRESENT, logits), reduction="none"
        )
        return (counted * each).sum() / counted.sum().clamp(min=1e-6)


class EfudaLearner(Learner):
    """Both readings, and their running mean."""

    never_absent: Tensor
    pull_shares: Tensor
    steps: Tensor

    def __init__(self, recipe: Efuda, start: Start) -> None:
        super().__init__()
        self.recipe = recipe
        self.whole = StandardisedLinear.of(start)
        self.pool = evidence_pool_like_zero_shot(start) if start.data.regions else None
        if self.pool is not None:
            with torch.no_grad():
                for half in (self.whole.weight, self.whole.bias, self.pool.what, self.pool.bias):
                    half.mul_(0.5)
        absent = torch.from_numpy((start.data.states == ABSENT).any(axis=0))
        self.register_buffer("never_absent", (~absent).float())
        positives = torch.from_numpy((start.data.states == PRESENT).sum(axis=0))
        self.register_buffer("pull_shares", 1 / (positives.float() + _IMAGINED_POSITIVES))
        self.register_buffer("steps", torch.zeros(()))
        self._trained = dict(self.named_parameters())
        for name, value in self._trained.items():
            self.register_buffer(_mean_of(name), value.detach().clone())

    def forward(self, batch: Batch) -> Float[Tensor, ""]:
        """The loss of the batch."""
        logits = self.whole(batch.images.vectors)
        if self.pool is not None:
            logits = logits + self.pool(batch.images)
        return self.recipe.loss(logits.float(), batch.states, self.never_absent)

    @torch.no_grad()
    def after_step(self) -> None:
        """Move the running mean."""
        self.steps += 1
        keep = min(self.recipe.averaging, float(self.steps / (self.steps + _RAMP_STEPS)))
        for name, value in self._trained.items():
            self.get_buffer(_mean_of(name)).lerp_(value, 1 - keep)

    def head(self) -> Head:
        """The running mean, the whole image's part on raw vectors."""
        mean = {name: self.get_buffer(_mean_of(name)) for name in self._trained}
        whole = self.whole.folding(mean["whole.weight"], mean["whole.bias"])
        if self.pool is None:
            return whole
        pool = detached_copy(self.pool)
        own = {name: mean[f"pool.{name}"].clone() for name, _ in self.pool.named_parameters()}
        pool.load_state_dict(own, strict=False)
        return SummedHead(whole, pool)

    def anchored(self) -> list[nn.Parameter]:
        """All weights; biases are free."""
        pooled = [] if self.pool is None else [self.pool.where, self.pool.what]
        return [self.whole.weight, *pooled]

    def pull_factors(self) -> Float[Tensor, " labels"]:
        """The more positives, the weaker."""
        return self.pull_shares


def _mean_of(name: str) -> str:
    return "mean_" + name.replace(".", "_")
