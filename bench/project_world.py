"""A world read from a project: prepared labels, hidden ones included, and features."""

from pathlib import Path

import numpy as np
from blake3 import blake3

from bench.caption_reading import Words, read_captions
from bench.sketch_vectors import drawings_of
from bench.thing_sizes import Sizes, read_sizes, sizes_of
from bench.world import SPLITS, Part, SketchSet, World, is_current, save_world
from components.data.examples import Example, Split, read_examples
from components.data.images import decode_image
from components.encoders.catalog import build_encoder
from components.encoders.config_paths import anchored
from components.encoders.encoder import Encoder
from components.errors import ArtefactError, InputError
from components.features.label_vectors import LabelVectors
from components.features.store import FeatureStore
from components.labels.states import PRESENT, UNKNOWN
from components.labels.tables import read_matrix
from components.labels.vocabulary import Vocabulary
from components.training.settings import Schedule
from components.training.task import Names
from project.layout import Layout
from project.settings import Settings, load_settings


def project_fingerprint(layout: Layout) -> str:
    """Changes with the project's settings, examples, labels and encoder."""
    digest = blake3()
    files = (
        layout.params,
        layout.examples,
        layout.labels,
        layout.hidden_labels,
        layout.label_vectors,
    )
    for path in files:
        if not path.is_file():
            raise InputError(
                f"{layout.root} is no finished project: {path} is missing. Run `efuda run embed` "
                "there first."
            )
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def make_project_world(name: str, project: Path, out: Path, words: Words) -> Path:
    """The directory of a project's world below ``out``, made anew where the project changed.

    Args:
        name: What the world is to be called.
        project: The root of a finished project.
        out: The bench's own directory.
        words: What captions call the labels.

    Raises:
        InputError: If the project has not been prepared and embedded, or too little of
            its truth is known.
    """
    target = out / "worlds" / name
    layout = Layout(project)
    if not is_current(target, project_fingerprint(layout)):
        save_world(project_world(name, layout, words), target)
    return target


def project_world(name: str, layout: Layout, words: Words) -> World:
    """Read a project's photographs, captions and sketches.

    Cells that a protocol of the project hid count as known again: the bench
    hides by its own protocols.

    Raises:
        InputError: If the project has not been prepared and embedded, or too little of
            its truth is known.
    """
    made_of = project_fingerprint(layout)
    settings = load_settings(layout.params)
    vocabulary = Vocabulary.load(layout.vocabulary)
    label_vectors = LabelVectors.load(layout.label_vectors)
    store = FeatureStore(layout.features, label_vectors.encoder_id)
    embedded = store.hashes("original")
    rows = [row for row in read_examples(layout.examples) if row.content_hash in embedded]
    photos: dict[Split, list[Example]] = {
        split: [row for row in rows if row.split == split and row.modality == "photo"]
        for split in SPLITS
    }
    sizes = None
    if settings.source.kind == "coco" and settings.source.annotations:
        sizes = read_sizes(layout.root / settings.source.annotations)
    parts: dict[Split, Part] = {
        split: _part(name, split, found, vocabulary, store, settings, layout, sizes)
        for split, found in photos.items()
    }
    encoder = build_encoder(anchored(settings.encoder, layout.root))
    has_regions = bool(parts["train"].regions)
    return World(
        name=name,
        encoder_id=label_vectors.encoder_id,
        vocabulary=vocabulary,
        names=Names(vectors=label_vectors.vectors, temperature=label_vectors.temperature),
        grid=encoder.grid if has_regions else (0, 0),
        schedule=SCHEDULE,
        parts=parts,
        captions=read_captions(photos, vocabulary, encoder, words),
        sketches=_sketches(rows, vocabulary, encoder, layout),
        made_of=made_of,
    )


MAX_UNKNOWN = 0.1
"""Share of cells without a truth, in any split; labels meant to be left open are fewer."""

SCHEDULE = Schedule(epochs=12, batch_size=128, learning_rate=0.003, checkpoint_every=12)
"""Of all methods in all protocols; best epochs on hold-outs lie well inside it."""


def _part(
    name: str,
    split: Split,
    rows: list[Example],
    vocabulary: Vocabulary,
    store: FeatureStore,
    settings: Settings,
    layout: Layout,
    sizes: Sizes | None,
) -> Part:
    if not rows:
        raise InputError(f"World {name} has no photograph in its {split} split.")
    states = _full_truth([row.id for row in rows], vocabulary, layout)
    _require_truth(name, split, states)
    hashes = [row.content_hash for row in rows]
    views = settings.embed.views
    return Part(
        ids=tuple(row.id for row in rows),
        states=states,
        views=np.stack([store.load_global(view, hashes) for view in views]),
        regions=tuple(
            regions for view in views if (regions := _regions(store, view, hashes)) is not None
        ),
        sizes=None if sizes is None else sizes_of(rows, vocabulary, sizes),
    )


def _require_truth(name: str, split: Split, states: np.ndarray) -> None:
    unknown = float((states == UNKNOWN).mean())
    if unknown > MAX_UNKNOWN:
        raise InputError(
            f"World {name} cannot be measured: {unknown:.0%} of the cells of its {split} split are "
            f"unknown, and the bench hides labels whose truth it knows (at most {MAX_UNKNOWN:.0%} "
            "may be unknown). Use a project with complete labels; those that its `hide` setting hid "
            "count as known."
        )


def _full_truth(ids: list[str], vocabulary: Vocabulary, layout: Layout) -> np.ndarray:
    known = read_matrix(layout.labels, ids, vocabulary).states
    hidden = read_matrix(layout.hidden_labels, ids, vocabulary).states
    return np.where(known != UNKNOWN, known, hidden).astype(np.int8)


def _regions(store: FeatureStore, view: str, hashes: list[str]) -> np.ndarray | None:
    gathered: np.ndarray | None = None
    try:
        for places, vectors in store.load_regions(view, hashes):
            if gathered is None:
                gathered = np.empty((len(hashes), *vectors.shape[1:]), np.float16)
            gathered[places] = vectors
    except ArtefactError:  # a world without regions; methods that need them say so
        return None
    return gathered


def _sketches(
    rows: list[Example], vocabulary: Vocabulary, encoder: Encoder, layout: Layout
) -> SketchSet | None:
    sketches = [row for row in rows if row.modality == "sketch"]
    if not sketches:
        return None
    present = _full_truth([row.id for row in sketches], vocabulary, layout) == PRESENT
    one = present.sum(axis=1) == 1
    kept = [row for row, single in zip(sketches, one, strict=True) if single]
    if not kept:
        return None
    images = [decode_image(layout.root / row.path) for row in kept]
    return SketchSet(drawings=drawings_of(images, encoder), classes=present[one].argmax(axis=1))
