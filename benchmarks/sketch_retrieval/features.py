"""Frozen vectors of the photographs and sketches, at several softmax temperatures.

At temperature 1 they are the vectors of the encoder ``conse`` at 224 px. A higher
temperature spreads its class probabilities before they are combined; a line drawing
leaves the classifier sure of the few classes that look drawn.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Bool, Float32, Int64
from PIL import Image
from rich.progress import track

from benchmarks.figures import REAL
from components.data.images import decode_image
from components.encoders.config import ConseConfig
from components.encoders.conse import PIXEL_MEAN, PIXEL_SCALE, PROMPT, ConseEncoder
from components.encoders.imagenet import Classifier, class_names, classifier_weights
from components.methods.ma_sbir.settling import unit

IMAGE_SIZE_PX = 224
BATCH_SIZE = 20
TEMPERATURES = (1.0, 2.0, 3.0)
ROOT = REAL / "pacs280"


@dataclass(frozen=True, slots=True)
class Sketches:
    """Photographs and sketches, in the order of their classes.

    ``photos`` and ``sketches`` hold, by softmax temperature, unit vectors.
    """

    names: tuple[str, ...]
    photo_classes: Int64[np.ndarray, " photos"]
    sketch_classes: Int64[np.ndarray, " sketches"]
    photos: dict[float, Float32[np.ndarray, "photos embed"]]
    sketches: dict[float, Float32[np.ndarray, "sketches embed"]]
    texts: Float32[np.ndarray, "classes embed"]

    def photos_of(self, classes: Sequence[int]) -> Bool[np.ndarray, " photos"]:
        """Which photographs are of ``classes``."""
        return np.isin(self.photo_classes, classes)

    def sketches_of(self, classes: Sequence[int]) -> Bool[np.ndarray, " sketches"]:
        """Which sketches are of ``classes``."""
        return np.isin(self.sketch_classes, classes)


def load_sketches(cache: Path | None = None, root: Path = ROOT) -> Sketches:
    """Read the pictures and encode them, or take the logits kept in ``cache``.

    Args:
        cache: An npz file of class logits, written if it is missing. It is refused
            when it was made of other pictures.
        root: Holds photo/CLASS and sketch/CLASS.
    """
    names = tuple(sorted(path.name for path in (root / "photo").iterdir()))
    files = {kind: _files(root / kind, names) for kind in ("photo", "sketch")}
    encoder = ConseEncoder(ConseConfig(image_size_px=IMAGE_SIZE_PX))
    logits = _cached_logits(cache, files, encoder)
    prompts = [PROMPT.format(name=name) for name in class_names()]
    class_vectors = encoder.encode_texts(prompts).numpy()
    by_kind = {
        kind: {t: _combined(logits[kind], class_vectors, t) for t in TEMPERATURES} for kind in files
    }
    classes = {
        kind: np.array([names.index(path.parent.name) for path in paths])
        for kind, paths in files.items()
    }
    return Sketches(
        names=names,
        photo_classes=classes["photo"],
        sketch_classes=classes["sketch"],
        photos=by_kind["photo"],
        sketches=by_kind["sketch"],
        texts=encoder.encode_texts([PROMPT.format(name=name) for name in names]).numpy(),
    )


def _files(folder: Path, names: Sequence[str]) -> list[Path]:
    return [path for name in names for path in sorted((folder / name).iterdir())]


def _cached_logits(
    cache: Path | None, files: dict[str, list[Path]], encoder: ConseEncoder
) -> dict[str, Float32[np.ndarray, "images classes"]]:
    names = [str(Path(*path.parts[-3:])) for paths in files.values() for path in paths]
    made_of = hashlib.sha256("\n".join([encoder.id, *names]).encode()).hexdigest()
    if cache is not None and cache.exists():
        with np.load(cache, allow_pickle=False) as kept:
            if str(kept["made_of"]) != made_of:
                raise SystemExit(f"{cache} holds other pictures or another encoder; remove it.")
            return {kind: kept[kind] for kind in files}
    classifier = Classifier(classifier_weights())
    logits = {kind: _logits(paths, encoder, classifier) for kind, paths in files.items()}
    if cache is not None:
        np.savez(cache, made_of=np.array(made_of), **logits)
    return logits


@torch.no_grad()
def _logits(
    paths: Sequence[Path], encoder: ConseEncoder, classifier: Classifier
) -> Float32[np.ndarray, "images classes"]:
    rows: list[np.ndarray] = []
    starts = range(0, len(paths), BATCH_SIZE)
    for start in track(starts, description=paths[0].parts[-3], transient=True):
        images: list[Image.Image] = [decode_image(p) for p in paths[start : start + BATCH_SIZE]]
        pixels = torch.stack([encoder.preprocess(image) for image in images])
        normalised = (pixels.float() - PIXEL_MEAN) / PIXEL_SCALE
        pooled = classifier.features(normalised).flatten(1, 2).mean(dim=1)
        rows.append(classifier.logits(pooled).numpy())
    return np.concatenate(rows)


def _combined(
    logits: Float32[np.ndarray, "images classes"],
    class_vectors: Float32[np.ndarray, "classes embed"],
    temperature: float,
) -> Float32[np.ndarray, "images embed"]:
    tempered = (logits - logits.max(axis=1, keepdims=True)) / temperature
    weights = np.exp(tempered)
    return unit(weights / weights.sum(axis=1, keepdims=True) @ class_vectors).astype(np.float32)
