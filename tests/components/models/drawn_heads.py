"""Heads and images with nothing at zero, for tests of what heads compute."""

import numpy as np
import torch

from components.models.heads.catalog import head_class
from components.models.heads.head import Head

IMAGES, REGIONS, LABELS, EMBED = 3, 4, 5, 8
KINDS = ["linear", "normalised", "best_region", "region_query", "evidence_pool", "summed"]
_MORE = {"normalised": {"over_names": 1}}


def drawn_head(kind: str, seed: int = 0) -> Head:
    """A head with nothing left at zero, so that every part counts."""
    head = head_class(kind).empty(num_labels=LABELS, embed_dim=EMBED, **_MORE.get(kind, {}))
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for value in head.state_dict().values():
            value.copy_(torch.randn(value.shape, generator=generator) * 0.5)
        for name, value in head.named_buffers():
            if name.endswith("scale"):
                value.fill_(0.7)
    return head.eval()


def drawn_images(seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Vectors and region vectors of some images, in double precision."""
    random = np.random.default_rng(seed)
    vectors = random.normal(size=(IMAGES, EMBED))
    return vectors, random.normal(size=(IMAGES, REGIONS, EMBED))
