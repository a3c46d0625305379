"""Real CLIP vectors of COCO images, with label sets of other COCO images."""

import csv
from hashlib import sha256
from pathlib import Path

import numpy as np

from bench.proposals.world import ProposalWorld
from bench.world import Part, Skipped, World, is_current, save_world
from components.labelers.cooccurrence import LabelStatistics
from components.labels.states import ABSENT, PRESENT
from components.labels.vocabulary import Vocabulary
from components.training.settings import Schedule
from components.training.task import Names

NAME = "clip_vitb16"
TEMPERATURE = 0.01


def make_clip_vectors(root: Path, out: Path) -> Path | Skipped:
    """Read the vectors below the folder of real data, unless that was done."""
    target = out / "worlds" / NAME
    missing = [path for path in files_of(root) if not path.is_file()]
    if missing:
        return Skipped(NAME, f"{missing[0]} is missing; set EFUDA_REAL_DATA to the folder with it")
    made_of = fingerprint(root)
    if not is_current(target, made_of):
        save_world(bench_world(load_world(root), made_of), target)
    return target


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


def _present(label_sets: list[list[str]], names: tuple[str, ...]) -> np.ndarray:
    column = {name: position for position, name in enumerate(names)}
    present = np.zeros((len(label_sets), len(names)), bool)
    for row, labels in enumerate(label_sets):
        present[row, [column[label] for label in labels if label]] = True
    return present
