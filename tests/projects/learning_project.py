"""A small project as prepare and embed would leave it, with vectors drawn from a seed."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import yaml

from components.data.examples import Example, write_examples
from components.features.label_vectors import LabelVectors
from components.features.store import FeatureStore
from components.labels.matrix import LabelMatrix
from components.labels.tables import matrix_to_table, write_labels
from components.labels.vocabulary import Vocabulary
from project.layout import Layout

ENCODER_ID = "toy-000000000000"
NUM_LABELS = 6
EMBED = 16


def make_project(root: Path, *, verified: bool = True, examples: int = 240, **sections) -> Layout:
    """Single-positive training labels; val and test fully known if ``verified``."""
    layout = Layout(root)
    random = np.random.default_rng(0)
    directions = random.normal(size=(NUM_LABELS, EMBED))
    truth = random.random((examples, NUM_LABELS)) < 0.35
    vectors = unit(truth @ directions + 0.7 * random.normal(size=(examples, EMBED)) + 2.0)
    vocabulary = Vocabulary(tuple(f"label {number}" for number in range(NUM_LABELS)))
    splits = random.choice(["train", "val", "test"], examples, p=[0.6, 0.2, 0.2])
    rows = [
        Example(id=f"e{row:04}", path=f"e{row:04}.png", content_hash=f"h{row:04}", split=split)
        for row, split in enumerate(splits)
    ]
    states = np.where(truth, 1, -1).astype(np.int8)
    for row, split in enumerate(splits):
        if split == "train" or not verified:
            states[row] = single_positive(truth[row], random)
    write_examples(layout.examples, rows)
    matrix = LabelMatrix(tuple(row.id for row in rows), vocabulary, states)
    write_labels(layout.labels, matrix_to_table(matrix))
    write_labels(layout.hidden_labels, pa.table(matrix_to_table(matrix).slice(0, 0)))
    vocabulary.save(layout.vocabulary)
    store = FeatureStore(layout.features, ENCODER_ID)
    hashes = [row.content_hash for row in rows]
    store.append("original", hashes, vectors, None)
    store.append("flip", hashes, unit(vectors + 0.02 * random.normal(size=vectors.shape)), None)
    text = unit(directions + 1.2 * random.normal(size=directions.shape))
    LabelVectors(
        encoder_id=ENCODER_ID,
        vocabulary_hash=vocabulary.hash,
        temperature=0.05,
        vectors=text.astype(np.float32),
    ).save(layout.label_vectors)
    write_params(layout, **sections)
    return layout


def single_positive(truth: np.ndarray, random: np.random.Generator) -> np.ndarray:
    states = np.zeros(len(truth), np.int8)
    if truth.any():
        states[random.choice(np.flatnonzero(truth))] = 1
    return states


def write_params(layout: Layout, **sections) -> None:
    params = {
        "project": {"name": "toy"},
        "source": {"kind": "folder", "images": "images"},
        "encoder": {"kind": "conse"},
        "tune": {"runner": "local"},
        "train": {"epochs": 6, "batch_size": 32, "learning_rate": 0.01, "checkpoint_every": 2},
    }
    for name, values in sections.items():
        params[name] = {**params.get(name, {}), **values}
    layout.params.write_text(yaml.safe_dump(params), encoding="utf-8")


def unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)
