"""Real CLIP vectors of COCO images, with label sets of other COCO images."""

import csv
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np

from bench.world import Part, World
from components.errors import InputError
from components.labelers.cooccurrence import LabelStatistics
from components.labels.states import ABSENT, PRESENT
from components.labels.vocabulary import Vocabulary
from components.training.data import Names, Schedule

NAME = "clip_vitb16"
TEMPERATURE = 0.01
MIN_LABELS = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class ProposalWorld:
    """What a labeler may use, and the truth it is measured against."""

    vectors: np.ndarray
    """examples × embed, unit length."""
    label_vectors: np.ndarray
    temperature: float
    truth: np.ndarray
    """examples × labels, bool, complete."""
    ids: tuple[str, ...]
    names: tuple[str, ...]
    statistics: LabelStatistics
    """Of images that are not among the examples."""
    num_other_images: int

    @property
    def measured(self) -> np.ndarray:
        """Which images count: those with three labels or more."""
        return self.truth.sum(axis=1) >= MIN_LABELS


def files_of(root: Path) -> tuple[Path, ...]:
    """Everything that the world is read from."""
    vectors = ("coco250_image_caption.npy", "coco250_index.csv", "coco80_text.npy")
    labels = ("coco_names.txt", "coco_val2014.tsv")
    return (*(root / NAME / name for name in vectors), *(root / "labels" / name for name in labels))


def fingerprint(root: Path) -> str:
    """Sixteen hex digits over those files."""
    digest = sha256()
    for path in files_of(root):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def load_world(root: Path) -> ProposalWorld:
    """Read the CLIP vectors; label sets of the same images are left out of the statistics."""
    vectors, index, texts, names_file, others_file = files_of(root)
    names = tuple(names_file.read_text("utf-8").split("\n")[:80])
    images, _ = np.load(vectors, allow_pickle=False)
    with index.open(encoding="utf-8", newline="") as opened:
        rows = list(csv.DictReader(opened))
    truth = _present([row["labels"].split("|") for row in rows], names)
    ids = {int(row["image_id"]) for row in rows}
    others: list[list[str]] = []
    for line in others_file.read_text("utf-8").splitlines():
        image_id, labels = line.split("\t")
        if int(image_id) not in ids:
            others.append(labels.split(","))
    other_states = np.where(_present(others, names), PRESENT, ABSENT).astype(np.int8)
    return ProposalWorld(
        vectors=images.astype(np.float32),
        label_vectors=np.load(texts, allow_pickle=False).astype(np.float32),
        temperature=TEMPERATURE,
        truth=truth,
        ids=tuple(row["image_id"] for row in rows),
        names=names,
        statistics=LabelStatistics.of(other_states),
        num_other_images=len(others),
    )


def bench_world(found: ProposalWorld, made_of: str) -> World:
    """The same as a world of the bench; all images are its test split."""
    nothing = Part(
        ids=(),
        states=np.zeros((0, len(found.names)), np.int8),
        views=np.zeros((1, 0, found.vectors.shape[1]), np.float32),
    )
    images = Part(
        ids=found.ids,
        states=np.where(found.truth, PRESENT, ABSENT).astype(np.int8),
        views=found.vectors[None],
    )
    return World(
        name=NAME,
        encoder_id=f"{NAME}-{sha256(found.label_vectors.tobytes()).hexdigest()[:12]}",
        vocabulary=Vocabulary(found.names),
        names=Names(vectors=found.label_vectors, temperature=found.temperature),
        grid=(0, 0),
        schedule=Schedule(epochs=1, batch_size=1, learning_rate=1.0),
        parts={"train": nothing, "val": nothing, "test": images},
        statistics=found.statistics,
        made_of=made_of,
    )


def proposal_world(world: World) -> ProposalWorld:
    """What labelers see of a world of the bench.

    Raises:
        InputError: If it has no label statistics of other images.
    """
    if world.statistics is None:
        raise InputError(f"world {world.name} has no label statistics of other images")
    images = world.parts["test"]
    return ProposalWorld(
        vectors=np.array(images.views[0]),
        label_vectors=world.names.vectors,
        temperature=float(world.names.temperature),
        truth=images.states == PRESENT,
        ids=images.ids,
        names=world.vocabulary.names,
        statistics=world.statistics,
        num_other_images=int(world.statistics.known.max()),
    )


def _present(label_sets: list[list[str]], names: tuple[str, ...]) -> np.ndarray:
    column = {name: position for position, name in enumerate(names)}
    present = np.zeros((len(label_sets), len(names)), bool)
    for row, labels in enumerate(label_sets):
        present[row, [column[label] for label in labels if label]] = True
    return present
