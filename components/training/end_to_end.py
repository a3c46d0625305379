"""Any recipe, with the image encoder learning too.

The recipe's learner is built on the frozen vectors, so it starts where it would have
started; from then on it is given vectors that a copy of the encoder's image tower makes
of the pixels, and gradients go through both. Labels stay where the frozen text tower put
them; what a recipe takes for frozen in the images (the similarities that TRM-ML distils)
is the tower as it is at that step, without gradient. The tower learns in one of two ways:

- ``full``: all its weights, as VLPL's released code trains CLIP's own tower;
- ``lora``: low-rank updates of its matrices (:mod:`components.models.low_rank`).

It stays in evaluation mode: running averages of batch normalisation are kept, since the
batches of fine-tuning are small and few.
"""

import copy
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float
from torch import Tensor, nn

from components.errors import InputError
from components.models.heads.end_to_end import EndToEndHead, seen
from components.models.heads.head import Head
from components.models.low_rank import add_low_rank, merged_state
from components.training.learner import Batch, Learner, ScoreTraining
from components.training.recipe import Recipe
from components.training.task import Task

Tuning = Literal["lora", "full"]


@dataclass(frozen=True, kw_only=True, slots=True)
class TowerTraining:
    """How an image tower learns beside a recipe's head."""

    tower: nn.Module = field(repr=False)
    """Pixels to ``ImageVectors``; never changed, its copies learn."""
    tuning: Tuning
    rate: float
    """Of the schedule's learning rate; above 0."""
    rank: int = 8
    """Of low-rank updates; at least 1."""
    alpha: float = 16.0
    """How much low-rank updates count; above 0."""

    def __post_init__(self) -> None:
        if self.rate <= 0 or self.alpha <= 0 or self.rank < 1:
            raise ValueError("rate and alpha must be above 0, rank at least 1")


def end_to_end(recipe: Recipe, training: TowerTraining) -> Recipe:
    """The same recipe, its learner behind a copy of the tower."""
    return replace(recipe, build=partial(EndToEndLearner, recipe, training))


class EndToEndLearner(Learner):
    """A tower and a learner of vectors, trained as one."""

    def __init__(self, recipe: Recipe, training: TowerTraining, task: Task) -> None:
        super().__init__()
        self.training_of_tower = training
        self.with_regions = recipe.reads.regions != "none" and bool(task.regions)
        self.tower = copy.deepcopy(training.tower)
        self.inner = recipe.build(task)
        if training.tuning == "lora":
            if not add_low_rank(self.tower, rank=training.rank, alpha=training.alpha):
                raise InputError(
                    f"No matrix of this image tower is larger than rank {training.rank}, so nothing "
                    "of it would learn; lower train.lora_rank, or set train.encoder to full."
                )
        else:
            self.tower.requires_grad_(requires_grad=True)

    def forward(self, batch: Batch) -> Float[Tensor, ""]:
        """The recipe's loss of the images as the tower sees them now."""
        images = seen(self.tower, batch.images, self.with_regions)
        return self.inner(replace(batch, images=images))

    def head(self) -> Head:
        """Copies of both, updates merged."""
        return EndToEndHead(self._tower(), self.inner.head())

    def train(self, mode: bool = True) -> "EndToEndLearner":
        """Training mode for all but the tower."""
        super().train(mode)
        self.tower.eval()
        return self

    def start_epoch(self, epoch: int, score: ScoreTraining) -> None:
        """The recipe's heads are scored behind the tower as it is now."""
        self.inner.start_epoch(epoch, lambda head: score(EndToEndHead(self._tower(), head)))

    def taught_rows(self, task: Task) -> Bool[np.ndarray, " examples"]:
        """The recipe's own."""
        return self.inner.taught_rows(task)

    def after_step(self) -> None:
        """The recipe's own."""
        self.inner.after_step()

    def anchored(self) -> list[nn.Parameter]:
        """The recipe's own; the tower is held by its slow rate alone."""
        return self.inner.anchored()

    def pull_factors(self) -> Float[Tensor, " labels"] | None:
        """The recipe's own."""
        return self.inner.pull_factors()

    def rate_factors(self) -> dict[str, float]:
        """The recipe's own, and the tower's."""
        inner = {f"inner.{name}": rate for name, rate in self.inner.rate_factors().items()}
        return {"tower.": self.training_of_tower.rate, **inner}

    def _tower(self) -> nn.Module:
        tower = copy.deepcopy(self.training_of_tower.tower).to(next(self.tower.parameters()).device)
        tower.load_state_dict(merged_state(self.tower))
        return tower.eval()
