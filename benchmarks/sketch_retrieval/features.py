"""Frozen vectors of the photographs and sketches, drawn and read in several ways.

``plain`` are the vectors of the encoder ``conse`` at 224 px; so are the photographs. A
higher softmax temperature spreads the class probabilities before they are combined; a
line drawing leaves the classifier sure of the few classes that look drawn. ``softened``
is the mean over the temperatures 1, 2 and 3, ``painted`` the mean over the paints of
``components.methods.ma_sbir.painting``.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float32
from PIL import Image
from rich.console import Console
from rich.progress import track

from benchmarks.figures import REAL
from components.data.images import decode_image
from components.encoders.config import ConseConfig
from components.encoders.conse import PIXEL_MEAN, PIXEL_SCALE, PROMPT, ConseEncoder
from components.encoders.imagenet import Classifier, class_names, classifier_weights
from components.methods.ma_sbir.painting import PALETTE, body_of, ink_of, painted
from components.methods.ma_sbir.query_expansion import unit
from components.methods.ma_sbir.world import PLAIN, SketchWorld

IMAGE_SIZE_PX = 224
BATCH_SIZE = 20
TEMPERATURES = (1.0, 2.0, 3.0)
ROOT = REAL / "pacs280"
Drawer = Callable[[Image.Image], Image.Image]


@dataclass(frozen=True, slots=True)
class NamedWorld:
    """A world, and the names of its classes."""

    names: tuple[str, ...]
    world: SketchWorld

    def unpainted(self) -> SketchWorld:
        """The world without painted sketches."""
        kept = {k: v for k, v in self.world.sketches.items() if k.startswith(PLAIN)}
        return replace(self.world, sketches=kept)


def load_world(cache: Path | None = None, root: Path = ROOT) -> NamedWorld:
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
    imagenet = encoder.encode_texts(prompts).numpy()
    classes = {
        kind: np.array([names.index(path.parent.name) for path in paths])
        for kind, paths in files.items()
    }
    drawn = {PLAIN: [logits["sketch"]], "painted": [logits[paint] for paint in PALETTE]}
    sketches = {
        f"{name}{suffix}": _mean_combined(views, imagenet, temperatures)
        for name, views in drawn.items()
        for suffix, temperatures in (("", (1.0,)), (" softened", TEMPERATURES))
    }
    world = SketchWorld(
        photos=_combined(logits["photo"], imagenet, 1.0),
        shown=classes["photo"][:, None] == np.arange(len(names)),
        sketches=sketches,
        sketch_classes=classes["sketch"],
        class_vectors=encoder.encode_texts([PROMPT.format(name=name) for name in names]).numpy(),
    )
    return NamedWorld(names, world)


def _files(folder: Path, names: Sequence[str]) -> list[Path]:
    return [path for name in names for path in sorted((folder / name).iterdir())]


def _cached_logits(
    cache: Path | None, files: dict[str, list[Path]], encoder: ConseEncoder
) -> dict[str, Float32[np.ndarray, "images classes"]]:
    names = [str(Path(*path.parts[-3:])) for paths in files.values() for path in paths]
    facts = "\n".join([encoder.id, repr(PALETTE), *names])
    made_of = hashlib.sha256(facts.encode()).hexdigest()
    if cache is not None and cache.exists():
        with np.load(cache, allow_pickle=False) as kept:
            if str(kept["made_of"]) != made_of:
                raise SystemExit(f"{cache} holds other pictures or another encoder; remove it.")
            return {kind: kept[kind] for kind in kept.files if kind != "made_of"}
    classifier = Classifier(classifier_weights())
    logits = {
        name: _logits(files[kind], encoder, classifier, name, drawer)
        for name, kind, drawer in _views()
    }
    if cache is not None:
        kept = {"made_of": np.array(made_of)} | logits
        np.savez(cache, allow_pickle=False, **kept)
    return logits


def _views() -> Iterator[tuple[str, str, Drawer]]:
    """Name, kind of picture, and what is done to it."""
    yield "photo", "photo", _as_it_is
    yield "sketch", "sketch", _as_it_is
    for name in PALETTE:
        yield name, "sketch", _painter(name)


def _as_it_is(image: Image.Image) -> Image.Image:
    return image


def _painter(name: str) -> Drawer:
    def paint(image: Image.Image) -> Image.Image:
        ink = ink_of(image)
        return painted(ink, body_of(ink), PALETTE[name])

    return paint


@torch.no_grad()
def _logits(
    paths: Sequence[Path],
    encoder: ConseEncoder,
    classifier: Classifier,
    name: str,
    drawer: Drawer,
) -> Float32[np.ndarray, "images classes"]:
    rows: list[np.ndarray] = []
    starts = range(0, len(paths), BATCH_SIZE)
    console = Console(stderr=True)
    for start in track(starts, description=name, console=console, transient=True):
        images = [drawer(decode_image(p)) for p in paths[start : start + BATCH_SIZE]]
        pixels = torch.stack([encoder.preprocess(image) for image in images])
        normalised = (pixels.float() - PIXEL_MEAN) / PIXEL_SCALE
        pooled = classifier.features(normalised).flatten(1, 2).mean(dim=1)
        rows.append(classifier.logits(pooled).numpy())
    return np.concatenate(rows)


def _mean_combined(
    views: Sequence[np.ndarray], class_vectors: np.ndarray, temperatures: Sequence[float]
) -> Float32[np.ndarray, "images embed"]:
    """Mean over views and temperatures, of unit length."""
    vectors = [_combined(view, class_vectors, t) for view in views for t in temperatures]
    return unit(np.mean(vectors, axis=0))


def _combined(
    logits: Float32[np.ndarray, "images classes"],
    class_vectors: Float32[np.ndarray, "classes embed"],
    temperature: float,
) -> Float32[np.ndarray, "images embed"]:
    tempered = (logits - logits.max(axis=1, keepdims=True)) / temperature
    weights = np.exp(tempered)
    return unit(weights / weights.sum(axis=1, keepdims=True) @ class_vectors).astype(np.float32)
