"""A world of a few noisy vectors, so that a cell takes a fraction of a second."""

from pathlib import Path

import numpy as np

from bench.world import CaptionReading, Part, SketchSet, TagArrays, World, save_world
from components.data.examples import Split
from components.labels.vocabulary import Vocabulary
from components.training.settings import Schedule
from components.training.task import Names

LABELS, EMBED, REGIONS = 12, 16, 4
SIZES: dict[Split, int] = {"train": 90, "val": 40, "test": 60}


def tiny_world(*, regions: bool = True, captions: bool = True, sketches: bool = True) -> World:
    rng = np.random.default_rng(5)
    names = _unit(rng.normal(size=(LABELS, EMBED)))
    parts: dict[Split, Part] = {
        split: _part(rng, names, split, size, regions) for split, size in SIZES.items()
    }
    return World(
        name="cards",
        encoder_id="tiny-000000000000",
        vocabulary=Vocabulary(tuple(f"thing {n}" for n in range(LABELS))),
        names=Names(vectors=names, temperature=0.1),
        grid=(2, 2) if regions else (0, 0),
        schedule=Schedule(epochs=2, batch_size=32, learning_rate=0.003),
        parts=parts,
        captions=_captions(rng, parts, names) if captions else None,
        sketches=_sketches(rng, names) if sketches else None,
        made_of="drawn",
    )


def saved_world(folder: Path, **parts: bool) -> Path:
    save_world(tiny_world(**parts), folder)
    return folder


def _part(
    rng: np.random.Generator, names: np.ndarray, split: str, size: int, regions: bool
) -> Part:
    present = rng.random((size, LABELS)) < 0.2
    present[np.arange(size), rng.integers(LABELS, size=size)] = True
    centre = present @ names
    views = [_unit(centre + rng.normal(0, 0.3, centre.shape)) for _ in range(2)]
    noisy = centre[:, None] + rng.normal(0, 0.4, (size, REGIONS, EMBED))
    return Part(
        ids=tuple(f"{split}-{n}" for n in range(size)),
        states=np.where(present, 1, -1).astype(np.int8),
        views=np.stack(views),
        regions=tuple(_unit(noisy).astype(np.float16) for _ in views) if regions else (),
    )


def _captions(
    rng: np.random.Generator, parts: dict[Split, Part], names: np.ndarray
) -> CaptionReading:
    def said(split: Split) -> np.ndarray:
        states = parts[split].states
        return np.where((states == 1) & (rng.random(states.shape) < 0.6), 1, 0).astype(np.int8)

    train = said("train")
    attributes = _unit(rng.normal(size=(3, EMBED)))
    tags = TagArrays(
        caption_vectors=_unit(train @ names + rng.normal(0, 0.1, (len(train), EMBED))),
        caption_rows=np.arange(len(train)),
        object_tags=train,
        object_vectors=names,
        attribute_tags=rng.integers(0, 2, (len(train), 3)).astype(np.int8),
        attribute_vectors=attributes,
    )
    return CaptionReading(train=train, val=said("val"), tags=tags)


def _sketches(rng: np.random.Generator, names: np.ndarray) -> SketchSet:
    classes = np.repeat(np.arange(LABELS), 3)
    shift = rng.normal(size=EMBED)
    drawn = _unit(names[classes] + 0.5 * shift + rng.normal(0, 0.2, (len(classes), EMBED)))
    return SketchSet(drawings={"plain": drawn}, classes=classes)


def _unit(vectors: np.ndarray) -> np.ndarray:
    return (vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)).astype(np.float32)
