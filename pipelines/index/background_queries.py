"""Queries of each kind that nobody asked: they measure recall and set relevance."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float32
from PIL import Image

from components.data.examples import Example
from components.data.images import ImageFault, decode_image
from components.encoders.encoder import Encoder
from components.features.store import FeatureStore
from components.search.index import unit_rows
from components.search.line_drawing import line_drawing
from components.search.modality_means import ModalityMeans, SketchSource

NUM_IMAGES = 500
NUM_CAPTIONS = 300
NUM_SKETCHES = 200
# The mean of fewer sketches says more about their subjects than about sketching.
MIN_OWN_SKETCHES = 20
BATCH = 32
SEED = 0


@dataclass(frozen=True, slots=True)
class SketchVectors:
    """Raw sketch vectors, and whether people drew them or a filter did."""

    vectors: Float32[np.ndarray, "sketches embed"]
    source: SketchSource


def sampled(rows: Sequence[Example], limit: int) -> list[Example]:
    """At most ``limit`` of ``rows``, always the same ones, in their order."""
    if len(rows) <= limit:
        return list(rows)
    chosen = np.random.default_rng(SEED).choice(len(rows), limit, replace=False)
    return [rows[row] for row in np.sort(chosen)]


def caption_vectors(
    encoder: Encoder, photos: Sequence[Example]
) -> Float32[np.ndarray, "captions embed"]:
    """Vectors of one caption each of some photographs that have captions."""
    told = sampled([photo for photo in photos if photo.captions], NUM_CAPTIONS)
    captions = [photo.captions[0] for photo in told]
    with torch.inference_mode():
        parts = [
            encoder.encode_texts(captions[start : start + BATCH]).float().cpu().numpy()
            for start in range(0, len(captions), BATCH)
        ]
    return np.concatenate(parts) if parts else np.empty((0, encoder.embed_dim), np.float32)


def sketch_vectors(
    encoder: Encoder,
    store: FeatureStore,
    sketches: Sequence[Example],
    photos: Sequence[Example],
    root: Path,
) -> SketchVectors:
    """The project's own sketches where it has enough, else drawings of its photographs."""
    if len(sketches) >= MIN_OWN_SKETCHES:
        chosen = sampled(sketches, NUM_IMAGES)
        vectors = store.load_global("original", [sketch.content_hash for sketch in chosen])
        return SketchVectors(unit_rows(vectors), "sketches")
    drawings: list[Image.Image] = []
    for photo in sampled(photos, NUM_SKETCHES):
        try:
            drawings.append(line_drawing(decode_image(root / photo.path)))
        except ImageFault:
            continue
    if not drawings:
        return SketchVectors(np.empty((0, encoder.embed_dim), np.float32), "none")
    return SketchVectors(encode_pictures(encoder, drawings), "line_drawings")


def encode_pictures(
    encoder: Encoder, pictures: Sequence[Image.Image]
) -> Float32[np.ndarray, "pictures embed"]:
    """Global vectors of decoded pictures."""
    parts: list[np.ndarray] = []
    for start in range(0, len(pictures), BATCH):
        pixels = [encoder.preprocess(picture) for picture in pictures[start : start + BATCH]]
        with torch.inference_mode():
            vectors = encoder.encode_images(torch.stack(pixels)).global_vectors
        parts.append(vectors.float().cpu().numpy())
    return np.concatenate(parts)


def modality_means(
    photos: Float32[np.ndarray, "photos embed"], sketches: SketchVectors
) -> ModalityMeans:
    """Mean vectors of both kinds; without any sketch nothing will be moved."""
    photo = photos.mean(axis=0)
    if not len(sketches.vectors):
        return ModalityMeans(photo, photo, "none")
    return ModalityMeans(photo, sketches.vectors.mean(axis=0), sketches.source)
