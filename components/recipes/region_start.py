"""Where heads over regions start: their attention as sharp as the encoder's softmax."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from scipy.special import logit
from torch import Tensor

from components.errors import InputError
from components.models.heads.evidence_pool import EvidencePool
from components.models.heads.region_query import RegionQuery
from components.training.data import Regions
from components.training.learner import Start
from components.training.linear_head import SPREAD
from components.training.linear_learner import expected_share
from components.training.loop import head_logits

_IMAGES_LOOKED_AT = 2048
"""Enough for means and spreads; keeps the start bounded on large sets."""


@dataclass(frozen=True, slots=True)
class RegionSpace:
    """Text vectors and the mean region, both ready for a head that centres."""

    text: Float[Tensor, "labels embed"]
    centre: Float[Tensor, " embed"]


def region_space(start: Start) -> RegionSpace:
    """Texts without their mean, unit length; the mean of the regions of some images."""
    regions = _some_regions(start)
    names = torch.from_numpy(start.names.vectors)
    text = names - names.mean(dim=0) if len(names) > 1 else names
    centre = torch.from_numpy(regions.reshape(-1, regions.shape[-1]).mean(axis=0))
    return RegionSpace(torch.nn.functional.normalize(text, dim=-1), centre)


def start_like_zero_shot(head: RegionQuery | EvidencePool, start: Start) -> None:
    """Set gains and biases so that a sigmoid reads the first logits as rough probabilities."""
    rows = _some_rows(start)
    vectors = start.data.views[0][rows]
    with torch.no_grad():
        head.gain.fill_(1.0)
        head.bias.zero_()
        scores = head_logits(head, vectors, _some_regions(start)).astype(np.float64)
        spread = scores.std(axis=0)
        gain = np.where(spread > 0, SPREAD / np.maximum(spread, 1e-12), 0.0)
        share = np.clip(expected_share(start.data.states).astype(np.float64), 1e-3, 0.5)
        head.gain.copy_(torch.from_numpy(gain))
        head.bias.copy_(torch.from_numpy(logit(share) - gain * scores.mean(axis=0)))


def _some_rows(start: Start) -> np.ndarray:
    count = len(start.data.states)
    return np.linspace(0, count - 1, min(count, _IMAGES_LOOKED_AT)).astype(np.int64)


def _some_regions(start: Start) -> np.ndarray:
    if not start.data.regions:
        raise InputError("Region vectors are needed, and there are none; embed regions.")
    regions: Regions = start.data.regions[0]
    return np.asarray(regions[_some_rows(start)], np.float32)
