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
from typing import Literal

from jaxtyping import Float
from torch import Tensor, nn

from components.errors import InputError
from components.models.heads.end_to_end import EndToEndHead, seen
from components.models.heads.head import Head
from components.models.low_rank import add_low_rank, merged_state
from components.training.learner import Batch, Learner, ScoreTraining, Start
from components.training.recipe import Recipe

Tuning = Literal["lora", "full"]


@dataclass(frozen=True, kw_only=True, slots=True)
class EndToEnd:
    """A recipe and a tower."""

    recipe: Recipe
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

    @property
    def name(self) -> str:
        """The recipe's own."""
        return self.recipe.name

    @property
    def uses_proposals(self) -> bool:
        """As the recipe does."""
        return self.recipe.uses_proposals

    @property
    def needs_regions(self) -> bool:
        """As the recipe does."""
        return self.recipe.needs_regions

    @property
    def reads_regions(self) -> bool:
        """As the recipe does."""
        return self.recipe.reads_regions

    @property
    def reads_unlabelled(self) -> bool:
        """As the recipe does."""
        return self.recipe.reads_unlabelled

    def build(self, start: Start) -> Learner:
        """The recipe's learner behind a copy of the tower."""
        return EndToEndLearner(self, start)


class EndToEndLearner(Learner):
    """A tower and a learner of vectors, trained as one."""

    def __init__(self, recipe: EndToEnd, start: Start) -> None:
        super().__init__()
        self.recipe = recipe
        self.with_regions = recipe.reads_regions and bool(start.data.regions)
        self.tower = copy.deepcopy(recipe.tower)
        self.inner = recipe.recipe.build(start)
        if recipe.tuning == "lora":
            if not add_low_rank(self.tower, rank=recipe.rank, alpha=recipe.alpha):
                raise InputError(
                    f"No matrix of this image tower is larger than rank {recipe.rank}, so nothing "
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
        return {"tower.": self.recipe.rate, **inner}

    def _tower(self) -> nn.Module:
        tower = copy.deepcopy(self.recipe.tower).to(next(self.tower.parameters()).device)
        tower.load_state_dict(merged_state(self.tower))
        return tower.eval()
