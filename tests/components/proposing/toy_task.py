"""A learning task of a few drawn vectors, a head that is made in no time, and all steps on it."""

from dataclasses import replace

import numpy as np
import pyarrow.parquet as pq

from components.labelers.proposal_table import ProposedBy
from components.models.heads.linear import LinearHead
from components.proposing.asked_photos import AskedPhotos
from components.proposing.cross_fit import cross_fit
from components.proposing.propose import KnownExamples, write_proposed
from components.training.task import Holdout, Names, Task

LABELS = ("cat", "ant", "dog", "bee")
EMBED, SIDE = 12, 2
BY = ProposedBy(method="toy", method_version="3", created="2026-01-31")


def drawn_task(*, train=90, val=40, seed=0, regions=True, labels=LABELS) -> tuple[Task, np.ndarray]:
    """Single-positive training images and a fully known hold-out; also the whole truth."""
    rng = np.random.default_rng(seed)
    directions = rng.normal(size=(len(labels), EMBED))
    truth = rng.random((train + val, len(labels))) < 0.35
    parts = truth @ directions + 0.8 * rng.normal(size=(train + val, EMBED))
    vectors = unit(parts)
    maps = unit(vectors[:, None] + 0.5 * rng.normal(size=(train + val, SIDE * SIDE, EMBED)))
    states = np.zeros((train, len(labels)), np.int8)
    for row in range(train):
        found = np.flatnonzero(truth[row])
        if len(found):
            states[row, rng.choice(found)] = 1
    held = np.where(truth[train:], 1, -1).astype(np.int8)
    task = Task(
        views=vectors[None, :train],
        states=states,
        names=Names(vectors=unit(directions + rng.normal(size=directions.shape)), temperature=0.1),
        holdout=Holdout.of(vectors[train:], held, maps[train:] if regions else None),
        regions=(maps[:train],) if regions else (),
    )
    return task, truth[:train]


def unit(vectors):
    return (vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)).astype(np.float32)


def mean_head(task: Task) -> LinearHead:
    """Names and the mean of each label's known positives: it depends on every known label."""
    present = (task.states == 1).astype(np.float32)
    weight = present.T @ task.views[0] + 3 * task.names.vectors
    return LinearHead.of(weight.astype(np.float32))


def hashes(count, start=0):
    return tuple(f"h{number:04}" for number in range(start, start + count))


def proposals(task: Task, path, *, folds=3, at_once=64, undecidable=None, labels=LABELS, **given):
    """The rows of the table, for training images and hold-out."""
    train, val = len(task.states), len(task.holdout.states)
    known, others = hashes(train), hashes(val, train)
    fitted = cross_fit(mean_head, task, known, others, labels, folds=folds)
    regions = task.regions[0] if task.has_regions else None
    asked = AskedPhotos(
        split="train",
        ids=known,
        vectors=task.views[0],
        regions=regions,
        states=task.states,
        scorer=fitted.training,
        fold=fitted.fold,
    )
    if undecidable is not None:
        asked = replace(asked, undecidable=undecidable)
    holdout = AskedPhotos(
        split="val",
        ids=others,
        vectors=task.holdout.vectors,
        regions=task.holdout.regions if task.has_regions else None,
        states=task.holdout.states,
        scorer=fitted.holdout,
    )
    written = write_proposed(
        path,
        (asked, holdout),
        fitted.scorers,
        KnownExamples(ids=known, vectors=task.views[0], states=task.states),
        labels,
        BY,
        calibrated=fitted.calibrated,
        scratch=path.parent / "scratch",
        at_once=at_once,
        **{"present_above": 0.3, "absent_below": 0.05, **given},
    )
    return pq.read_table(path).to_pylist(), written
