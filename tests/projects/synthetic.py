"""A small project with drawn pictures and trained taggers, all from one seed.

It is what prepare, embed, pseudo_label and train leave behind: single-positive
training labels, fully known hold-out and test, vectors in which the labels can
be found, and taggers of rising quality.
"""

from pathlib import Path

import numpy as np
from blake3 import blake3
from PIL import Image, ImageDraw

from components.atomic import write_json
from components.data.examples import Example, Quarantined, Split, write_examples, write_quarantine
from components.features.store import FeatureStore
from components.labels.hiding import hide
from components.labels.matrix import LabelMatrix
from components.labels.protocols import SinglePositive
from components.labels.tables import matrix_to_table, write_labels
from components.labels.vocabulary import Vocabulary
from components.models.heads.linear import LinearHead
from components.models.tagger import Tagger
from project.layout import Layout
from project.settings import Settings, parse_settings
from tests.projects.proposal_rows import write_proposals

ENCODER_ID = "toy-0123456789ab"
EMBED = 24
COLOURS = ("red", "green", "blue", "orange", "violet")
SHAPES = ("disc", "square")
NAMES = tuple(f"{colour} {shape}" for colour in COLOURS for shape in SHAPES)
NOISE = {"zero_shot": 2.2, "assume_negative": 1.6, "ignore_unknown": 1.3, "vlpl": 0.8}
SEEDS = (0, 1)


def settings_of(**sections: object) -> Settings:
    values = {
        "project": {"name": "discs-and-squares"},
        "source": {"kind": "folder", "images": "images"},
        "encoder": {"kind": "conse"},
        "calibrate": {"num_bootstrap": 20},
        "evaluate": {"num_bootstrap": 100},
        "train": {"seeds": list(SEEDS)},
        **sections,
    }
    return parse_settings(values, "params.yaml")


def make_project(
    root: Path, *, num_images: int = 150, labels_everywhere: str = "full", seed: int = 0
) -> Layout:
    """Write the project.

    Args:
        root: An empty directory.
        num_images: Photographs over all splits.
        labels_everywhere: ``full`` gives val and test all labels, ``single``
            only one positive an image.
        seed: Seed of everything drawn.
    """
    layout, rng = Layout(root), np.random.default_rng(seed)
    vocabulary = Vocabulary(NAMES)
    truth = rng.random((num_images, len(NAMES))) < rng.uniform(0.05, 0.35, len(NAMES))
    # An image without any label is rare in real collections.
    truth[~truth.any(axis=1), 0] = True
    splits = rng.permutation(np.arange(num_images) % 5)
    split_of: dict[int, Split] = {0: "test", 1: "val"}
    examples = [
        _draw(layout, f"photo-{row:04}", split_of.get(int(splits[row]), "train"), truth[row], rng)
        for row in range(num_images)
    ]
    write_examples(layout.examples, examples)
    vocabulary.save(layout.vocabulary)
    ids = tuple(example.id for example in examples)
    full = LabelMatrix(ids, vocabulary, np.where(truth, 1, -1).astype(np.int8))
    _write_labels(layout, full, examples, labels_everywhere)
    _write_quarantine(layout)
    directions = rng.standard_normal((len(NAMES), EMBED))
    _write_features(layout, examples, truth @ directions + rng.standard_normal((num_images, EMBED)))
    _write_taggers(layout, vocabulary, directions, rng)
    return layout


def _draw(
    layout: Layout, name: str, split: Split, present: np.ndarray, rng: np.random.Generator
) -> Example:
    width, height = 120, 90
    image = Image.new("RGB", (width, height), (238, 232, 220))
    pen = ImageDraw.Draw(image)
    for label in np.flatnonzero(present):
        colour, shape = NAMES[label].split()
        x, y = rng.integers(4, width - 34), rng.integers(4, height - 34)
        box = (int(x), int(y), int(x) + 28, int(y) + 28)
        (pen.ellipse if shape == "disc" else pen.rectangle)(box, fill=colour)
    path = layout.root / "images" / f"{name}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path)
    captions = (", ".join(NAMES[label] for label in np.flatnonzero(present)),)
    return Example(
        id=name,
        path=path.relative_to(layout.root).as_posix(),
        content_hash=blake3(path.read_bytes()).hexdigest(),
        split=split,
        captions=captions,
        width=width,
        height=height,
    )


def _write_labels(
    layout: Layout, full: LabelMatrix, examples: list[Example], everywhere: str
) -> None:
    hiding = hide(full, SinglePositive(), seed=7)
    hides = np.array([everywhere == "single" or e.split == "train" for e in examples])[:, None]
    kept = np.where(hides, hiding.kept.states, full.states)
    taken = np.where(hides, hiding.hidden.states, 0).astype(np.int8)
    matrix = LabelMatrix(full.example_ids, full.vocabulary, kept.astype(np.int8))
    hidden = LabelMatrix(full.example_ids, full.vocabulary, taken)
    write_labels(layout.labels, matrix_to_table(matrix))
    write_labels(layout.hidden_labels, matrix_to_table(hidden))
    hid = {"protocol": "single-positive", "seed": 7, "mask_hash": hiding.mask_hash}
    report = {"hide": {**hid, "splits": ["train"], "num_hidden": int(hidden.known.sum())}}
    write_json(layout.prepare_report, report)
    proposed = np.where(taken == 1, 1, 0)
    flipped = np.random.default_rng(3).random(taken.shape) < 0.05
    states = np.where(flipped & (taken != 0), 1, proposed).astype(np.int8)
    proposals = [
        {
            "example_id": full.example_ids[row],
            "label": full.vocabulary.names[column],
            "state": int(states[row, column]),
            "score": 0.9,
            "method": "vlpl/toy",
            "fold": row % 3,
        }
        for row, column in np.argwhere(states)
    ]
    write_proposals(layout.proposals, proposals)


def _write_quarantine(layout: Layout) -> None:
    rows = [
        Quarantined(
            path="images/cut.jpg", reason="truncated", detail="the JPEG data end too early"
        ),
        Quarantined(
            path="labels.csv",
            reason="unknown_label",
            detail="label 'rde disc' is not in the vocabulary; left out for 2 image(s)",
        ),
    ]
    write_quarantine(layout.quarantine, rows)


def _write_features(layout: Layout, examples: list[Example], vectors: np.ndarray) -> None:
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    store = FeatureStore(layout.features, ENCODER_ID)
    store.append("original", [example.content_hash for example in examples], unit, None)
    counts = {"embedded": len(examples), "reused": 0}
    write_json(layout.embed_report, {"encoder_id": ENCODER_ID, **counts})


def _write_taggers(
    layout: Layout, vocabulary: Vocabulary, directions: np.ndarray, rng: np.random.Generator
) -> None:
    for recipe, noise in NOISE.items():
        for seed in (0,) if recipe == "zero_shot" else SEEDS:
            weight = 3 * (directions + noise * rng.standard_normal(directions.shape))
            Tagger(
                recipe=recipe,
                seed=seed,
                encoder_id=ENCODER_ID,
                vocabulary=vocabulary,
                head=LinearHead.of(
                    weight.astype(np.float32),
                    np.full(len(NAMES), -4.0, np.float32),
                ),
            ).save(layout.tagger(recipe, seed))
