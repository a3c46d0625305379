"""Where the contextual head starts, and the space its steps are taken in."""

from dataclasses import dataclass

import numpy as np
import torch
from scipy.special import logit
from torch import Tensor, nn

from components.methods.csa.contexts import ContextModel
from components.models.heads.contextual import ContextReader, ContextualHead
from components.models.heads.evidence_pool import EvidencePool
from components.models.heads.head import detached_copy
from components.models.heads.linear import LinearHead
from components.models.heads.summed import SummedHead
from components.models.images import Images
from components.training.linear import SPREAD, StandardisedLinear, expected_share
from components.training.region_start import evidence_pool_like_zero_shot
from components.training.task import Task


class ImageSpace(nn.Module):
    """Image and region vectors of mean 0 and unit mean square a coordinate."""

    centre: Tensor
    scale: Tensor
    region_centre: Tensor
    region_scale: Tensor

    def __init__(self, whole: StandardisedLinear, centre: Tensor, scale: Tensor) -> None:
        super().__init__()
        self.register_buffer("centre", whole.centre.clone())
        self.register_buffer("scale", whole.scale.clone())
        self.register_buffer("region_centre", centre.clone())
        self.register_buffer("region_scale", scale.clone())

    def forward(self, images: Images) -> Images:
        """Standardised images."""
        return Images(
            (images.vectors - self.centre) / self.scale,
            (images.required_regions() - self.region_centre) / self.region_scale,
        )

    def folded(self, head: ContextualHead) -> ContextualHead:
        """A head on raw images that gives what ``head`` gives on standardised ones."""
        raw = detached_copy(head)
        raw.pool.centre.copy_(self.region_centre)
        raw.pool.scale.copy_(self.region_scale)
        raw.contexts.centre.copy_(self.centre)
        raw.contexts.scale.copy_(self.scale)
        if isinstance(raw.reading, SummedHead):
            whole = raw.reading.whole
            with torch.no_grad():
                whole.weight.div_(self.scale)
                whole.bias.sub_(whole.weight @ self.centre)
        return raw


@dataclass(frozen=True, slots=True)
class ContextualStart:
    """A head that ranks about as zero-shot does, in its space."""

    head: ContextualHead
    space: ImageSpace

    @classmethod
    def of(
        cls,
        task: Task,
        contexts: ContextModel,
        *,
        hidden: int,
        whole: bool,
        pool: EvidencePool | None = None,
    ) -> "ContextualStart":
        """Both readings as zero-shot, each with half a say; contexts pass on nothing.

        ``pool`` may bring another reading of regions; it is taken over.
        """
        pool = pool or evidence_pool_like_zero_shot(task)
        linear = StandardisedLinear.of(task)
        space = ImageSpace(linear, pool.centre, pool.scale)
        pool.centre.zero_()
        pool.scale.fill_(1.0)
        reading = pool
        if whole:
            reading = SummedHead(LinearHead(linear.weight.data, linear.bias.data), pool)
            with torch.no_grad():
                for each in (reading.whole.weight, reading.whole.bias, pool.what, pool.bias):
                    each.mul_(0.5)
        return cls(ContextualHead(reading, _reader(task, space, contexts, hidden)), space)


def _reader(task: Task, space: ImageSpace, contexts: ContextModel, hidden: int) -> ContextReader:
    """Reads each context from the mean text of its labels."""
    names = task.names.vectors
    centred = names - names.mean(axis=0) if len(names) > 1 else names
    member = (contexts.groups[:, None] == np.arange(contexts.num_groups)).astype(np.float32)
    text = member.T @ centred / np.maximum(member.sum(axis=0), 1)[:, None]
    reader = ContextReader(
        torch.from_numpy(contexts.groups),
        torch.from_numpy(text.astype(np.float32)),
        torch.zeros_like(space.centre),
        torch.tensor(1.0),
        hidden,
    )
    vectors = torch.from_numpy(task.views[0])
    scores = ((vectors - space.centre) / space.scale) @ reader.text.T
    share = 1 - np.exp(np.log1p(-np.clip(expected_share(task.states), 0, 0.5)) @ member)
    with torch.no_grad():
        spread = float(scores.std(dim=0, correction=0).mean())
        reader.gamma.fill_(SPREAD / spread if spread > 0 else 0.0)
        prior = torch.from_numpy(logit(np.clip(share, 1e-3, 0.5)).astype(np.float32))
        reader.up.bias.copy_(prior - reader.gamma * scores.mean(dim=0))
    return reader
