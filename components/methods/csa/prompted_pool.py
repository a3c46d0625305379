"""The prompts of an evidence pool as tokens: where to look and what to find, by the tower.

CSA's description gives each label two prompts of learned tokens. Their unit vectors enter
the pool as residual vectors do: less the mean over labels that they start with, times
a length a label that stands for 1/τ. Both lengths can grow or shrink for all labels alike.
"""

from dataclasses import replace
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.func import functional_call

from components.errors import InputError
from components.models.heads.contextual import ContextualHead, Readings
from components.models.heads.evidence_pool import EvidencePool
from components.models.heads.summed import SummedHead
from components.models.images import Images
from components.models.prompt_tokens import PromptTokens
from components.training.region_start import evidence_pool_like_zero_shot
from components.training.task import Task

NO_TOWER = (
    "prompts are tokens, and the label names come without a text tower to train them through. "
    "Set train.methods.csa.prompts to tokens, with an encoder of kind open_clip (conse has no text tokens), "
    "or leave the recipe's prompts at residual."
)


class PromptedPool(nn.Module):
    """Gives ``where`` and ``what`` of an evidence pool, from two prompts a label."""

    centre: Tensor
    where_length: Tensor
    what_length: Tensor

    def __init__(self, where: PromptTokens, what: PromptTokens, pool: EvidencePool) -> None:
        """Gives the vectors of ``pool`` at first, if that starts from the same prompts."""
        super().__init__()
        self.where = where
        self.what = what
        self.where_growth = nn.Parameter(torch.zeros(()))
        self.what_growth = nn.Parameter(torch.zeros(()))
        with torch.no_grad():
            vectors = where()
            centre = vectors.mean(dim=0) if len(vectors) > 1 else torch.zeros_like(vectors[0])
            self.register_buffer("centre", centre)
            self.register_buffer("where_length", _length(pool.where, vectors - centre))
            self.register_buffer("what_length", _length(pool.what, vectors - centre))

    def forward(self) -> tuple[Float[Tensor, "labels embed"], Float[Tensor, "labels embed"]]:
        """``where`` and ``what``, for standardised regions."""
        where = (self.where() - self.centre) * (self.where_length * self.where_growth.exp())
        what = (self.what() - self.centre) * (self.what_length * self.what_growth.exp())
        return where, what

    def read(self, head: ContextualHead, images: Images) -> Readings:
        """Logits of ``head`` with these prompts, which it also takes over as plain vectors."""
        where, what = self()
        _take_over(head, where, what)
        inside = "head.reading.pool" if isinstance(head.reading, SummedHead) else "head.reading"
        prompts = {f"{inside}.where": where, f"{inside}.what": what}
        return functional_call(_Reader(head), prompts, (images,))

    @torch.no_grad()
    def fold(self, head: ContextualHead) -> None:
        """Leave the prompts in ``head`` as plain vectors, which need no tower."""
        _take_over(head, *self())

    def anchored(self) -> list[nn.Parameter]:
        """The tokens."""
        return [self.where.context, self.what.context]


class _Reader(nn.Module):
    def __init__(self, head: ContextualHead) -> None:
        super().__init__()
        self.head = head

    def forward(self, images: Images) -> Readings:
        return self.head.read(images)


class StartedPrompts(NamedTuple):
    """Two prompts a label, and the pool that reads what they say at first."""

    where: PromptTokens
    what: PromptTokens
    pool: EvidencePool


def started_prompts(task: Task, num_tokens: int | None, *, shared: bool) -> StartedPrompts:
    """Prompts at the words of the template.

    Raises:
        InputError: If there is no text tower, or the tokens do not fit.
    """
    if task.names.prompter is None:
        raise InputError(NO_TOWER)
    where, what = (task.names.prompter.prompts(num_tokens, shared=shared) for _ in range(2))
    with torch.no_grad():
        names = replace(task.names, vectors=where().float().cpu().numpy())
    pool = evidence_pool_like_zero_shot(replace(task, names=names))
    return StartedPrompts(where, what, pool)


def _length(
    wanted: Float[Tensor, "labels embed"], vectors: Float[Tensor, "labels embed"]
) -> Float[Tensor, "labels 1"]:
    """The factor that makes ``vectors`` the parallel ``wanted`` ones."""
    square = vectors.square().sum(dim=1, keepdim=True)
    return (wanted * vectors).sum(dim=1, keepdim=True) / square.clamp_min(1e-12)


@torch.no_grad()
def _take_over(head: ContextualHead, where: Tensor, what: Tensor) -> None:
    head.pool.where.copy_(where)
    head.pool.what.copy_(what)
