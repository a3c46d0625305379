"""Where heads over regions start: zero-shot, read region by region."""

from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Float32
from scipy.special import logit, softmax

from components.errors import InputError
from components.models.heads.evidence_pool import EvidencePool
from components.models.heads.region_query import RegionQuery
from components.training.linear import SPREAD, Standardiser, expected_share
from components.training.task import Task

ATTENTION_SPREAD = 1.0
"""Standard deviation, over regions, of a label's attention before its softmax."""
BEST_REGION_SPREAD = 2.0
"""Likewise, where attention is to be near the best region, and soft enough to be trained."""
_IMAGES_LOOKED_AT = 1024
"""Enough for means and spreads; keeps the start bounded on large sets."""


@dataclass(frozen=True, slots=True)
class RegionSpace:
    """Standardised regions of some images, and texts without their mean."""

    space: Standardiser
    regions: Float32[np.ndarray, "images regions embed"]
    text: Float32[np.ndarray, "labels embed"]
    """Unit length."""
    share: Float32[np.ndarray, " labels"]

    @classmethod
    def of(cls, task: Task) -> "RegionSpace":
        """Looks at up to 1,024 images, evenly spread over the training set."""
        if not task.regions:
            raise InputError("Region vectors are needed, and there are none; embed regions.")
        count = len(task.states)
        rows = np.linspace(0, count - 1, min(count, _IMAGES_LOOKED_AT)).astype(np.int64)
        regions = np.asarray(task.regions[0][rows], np.float32)
        space = Standardiser.of(regions.reshape(-1, regions.shape[-1]))
        names = task.names.vectors
        text = names - names.mean(axis=0) if len(names) > 1 else names
        text = text / np.maximum(np.linalg.norm(text, axis=1, keepdims=True), 1e-12)
        return cls(space, space.apply(regions), text, expected_share(task.states))

    def attention(self, spread: float = ATTENTION_SPREAD) -> Float32[np.ndarray, "labels embed"]:
        """Texts as long as gives attention its spread."""
        scores = self.regions @ self.text.T
        found = scores.std(axis=1).mean(axis=0)
        return self.text * (spread / np.maximum(found, 1e-6)).astype(np.float32)[:, None]

    def gain_and_bias(
        self, scores: Float32[np.ndarray, "images labels"]
    ) -> tuple[Float32[np.ndarray, " labels"], Float32[np.ndarray, " labels"]]:
        """Make a sigmoid read ``gain · score + bias`` as a rough probability."""
        spread = scores.std(axis=0)
        gain = np.where(spread > 0, SPREAD / np.maximum(spread, 1e-12), 0.0)
        bias = logit(np.clip(self.share, 1e-3, 0.5)) - gain * scores.mean(axis=0)
        return gain.astype(np.float32), bias.astype(np.float32)


def evidence_pool_like_zero_shot(task: Task) -> EvidencePool:
    """Both prompts of each label are its text."""
    return _evidence_pool(RegionSpace.of(task), ATTENTION_SPREAD)


def evidence_pool_like_best_region(task: Task) -> EvidencePool:
    """Both prompts are the label's own text; attention is near its best region.

    The text keeps the part that all names share: without training that reads regions better
    (docs/results/bodies.md).
    """
    found = RegionSpace.of(task)
    return _evidence_pool(replace(found, text=task.names.vectors), BEST_REGION_SPREAD)


def _evidence_pool(found: RegionSpace, spread: float) -> EvidencePool:
    where = found.attention(spread)
    weights = softmax(found.regions @ where.T, axis=1)
    pooled = (weights * (found.regions @ found.text.T)).sum(axis=1)
    gain, bias = found.gain_and_bias(pooled)
    return EvidencePool(
        torch.from_numpy(where),
        torch.from_numpy(gain[:, None] * found.text),
        torch.from_numpy(bias),
        torch.from_numpy(found.space.mean),
        torch.tensor(found.space.scale),
    )


def region_query_like_zero_shot(task: Task) -> RegionQuery:
    """Queries are the texts, nothing is refined."""
    found = RegionSpace.of(task)
    head = RegionQuery(
        torch.from_numpy(found.text),
        torch.from_numpy(found.attention()),
        torch.from_numpy(found.space.mean),
        torch.tensor(found.space.scale),
    )
    with torch.no_grad():
        # Some images at a time: every label has a vector in each of them.
        parts = torch.from_numpy(found.regions).split(64)
        cosines = torch.cat([head.attend(part).cosines(head.prompts) for part in parts])
        gain, bias = found.gain_and_bias(cosines.numpy())
        head.gain.copy_(torch.from_numpy(gain))
        head.bias.copy_(torch.from_numpy(bias))
    return head
