"""Real CLIP vectors of COCO images, with label sets of other COCO images."""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from components.labelers.cooccurrence import LabelStatistics
from components.labels.states import ABSENT, PRESENT

TEMPERATURE = 0.01
MIN_LABELS = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class World:
    """What a labeler may use, and the truth it is measured against."""

    vectors: np.ndarray
    """examples × embed, unit length."""
    label_vectors: np.ndarray
    truth: np.ndarray
    """examples × labels, bool, complete."""
    names: tuple[str, ...]
    statistics: LabelStatistics
    """Of images that are not among the examples."""
    num_other_images: int

    @property
    def measured(self) -> np.ndarray:
        """Which images count: those with three labels or more."""
        return self.truth.sum(axis=1) >= MIN_LABELS


def load_world(root: Path) -> World:
    """Read the CLIP vectors; label sets of the same images are left out of the statistics."""
    folder = root / "clip_vitb16"
    names = tuple((root / "labels" / "coco_names.txt").read_text("utf-8").split("\n")[:80])
    images, _ = np.load(folder / "coco250_image_caption.npy", allow_pickle=False)
    with (folder / "coco250_index.csv").open(encoding="utf-8", newline="") as opened:
        rows = list(csv.DictReader(opened))
    truth = _present([row["labels"].split("|") for row in rows], names)
    ids = {int(row["image_id"]) for row in rows}
    others = []
    for line in (root / "labels" / "coco_val2014.tsv").read_text("utf-8").splitlines():
        image_id, labels = line.split("\t")
        if int(image_id) not in ids:
            others.append(labels.split(","))
    other_states = np.where(_present(others, names), PRESENT, ABSENT).astype(np.int8)
    return World(
        vectors=images.astype(np.float32),
        label_vectors=np.load(folder / "coco80_text.npy", allow_pickle=False).astype(np.float32),
        truth=truth,
        names=names,
        statistics=LabelStatistics.of(other_states),
        num_other_images=len(others),
    )


def _present(label_sets: list[list[str]], names: tuple[str, ...]) -> np.ndarray:
    column = {name: position for position, name in enumerate(names)}
    present = np.zeros((len(label_sets), len(names)), bool)
    for row, labels in enumerate(label_sets):
        present[row, [column[label] for label in labels if label]] = True
    return present
