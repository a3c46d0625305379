"""Sketches as vectors: as they are, and painted, so that a conversion can choose."""

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float32
from PIL import Image

from components.encoders.encoder import Encoder
from components.methods.ma_sbir.painting import PALETTE, body_of, ink_of, painted
from components.methods.ma_sbir.world import PLAIN

PAINTED = "painted"
_PICTURES_AT_ONCE = 32


def drawings_of(
    sketches: Sequence[Image.Image], encoder: Encoder
) -> dict[str, Float32[np.ndarray, "sketches embed"]]:
    """``plain``, and ``painted``: the unit mean over the palette."""
    inks = [ink_of(sketch) for sketch in sketches]
    bodies = [body_of(ink) for ink in inks]
    total = np.zeros((len(sketches), encoder.embed_dim), np.float32)
    for paint in PALETTE.values():
        coloured = [painted(ink, body, paint) for ink, body in zip(inks, bodies, strict=True)]
        total += encoded(coloured, encoder)
    norms = np.linalg.norm(total, axis=1, keepdims=True)
    return {PLAIN: encoded(sketches, encoder), PAINTED: total / np.maximum(norms, 1e-12)}


@torch.no_grad()
def encoded(images: Sequence[Image.Image], encoder: Encoder) -> Float32[np.ndarray, "images embed"]:
    """Unit vectors of whole images."""
    parts: list[np.ndarray] = []
    for start in range(0, len(images), _PICTURES_AT_ONCE):
        chunk = images[start : start + _PICTURES_AT_ONCE]
        pixels = torch.stack([torch.as_tensor(encoder.preprocess(image)) for image in chunk])
        parts.append(encoder.encode_images(pixels).global_vectors.float().cpu().numpy())
    return np.concatenate(parts)
