"""Logits of many images by a head, and how the hold-out judges them."""

from dataclasses import replace

import numpy as np
import torch
from jaxtyping import Float32

from components.metrics.ranking import average_precision
from components.models.heads.head import Head
from components.models.images import Regions, images_of, rows_at_once
from components.training.prefetch import loaded_ahead
from components.training.task import Holdout, Pictures

PICTURES_AT_ONCE = 64
"""As many as go through an encoder together."""


def head_logits(
    head: Head,
    vectors: Float32[np.ndarray, "examples embed"],
    regions: Regions | None,
    device: torch.device | str = "cpu",
    pictures: Pictures | None = None,
) -> Float32[np.ndarray, "examples labels"]:
    """Logits of many images, some rows at a time; regions and pixels are read only if needed."""
    head = head.to(device).eval()
    regions = regions if head.needs_regions else None
    num_regions = 1 if regions is None else regions.shape[1]
    step = rows_at_once(num_regions, int(head.settings()["num_labels"]))
    if head.reads_pixels:
        step = PICTURES_AT_ONCE
    starts = range(0, max(len(vectors), 1), step)
    parts = [np.arange(start, min(start + step, len(vectors))) for start in starts]
    logits: list[np.ndarray] = []
    with torch.inference_mode():
        load = pictures.pixels if head.reads_pixels and pictures is not None else None
        for rows, pixels in loaded_ahead(parts, load):
            read = None if regions is None else regions[rows]
            images = images_of(vectors[rows], read, device)
            if pixels is not None:
                images = replace(images, pixels=pixels.to(device))
            logits.append(head(images).float().cpu().numpy())
    return np.concatenate(logits)


def holdout_score(logits: Float32[np.ndarray, "examples labels"], holdout: Holdout) -> float:
    """Mean average precision over the labels that have a positive; 0 if none has."""
    each = average_precision(logits, holdout.truth, holdout.known)
    return float(np.nanmean(each)) if np.isfinite(each).any() else 0.0
