"""Scores for calibrate, where the hold-out is too thin to calibrate by itself.

The hold-out chose attempt and epoch and is then asked what a score is worth; of a few dozen
images that answer is too good by far. Each image is therefore scored once by a model that
neither learned from it nor was chosen by it.
"""

from dataclasses import dataclass

import numpy as np

from components.labels.states import UNKNOWN
from components.training.cross_fit import Train, fold_of, part_fits
from components.training.inference import head_logits
from components.training.task import Task
from project.cross_fitted import MOST_IMAGES, THIN_HOLDOUT, CrossFittedScores
from project.learning_task import ProjectTask

FOLDS = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class _Folds:
    training: np.ndarray
    holdout: np.ndarray


def is_worth_it(project: ProjectTask) -> bool:
    """Whether the hold-out is thin, and every part leaves known labels to learn from."""
    task = project.task
    if not task.holdout.can_measure or task.holdout.num_labelled >= THIN_HOLDOUT:
        return False
    folds = _folds(project)
    parts = np.unique(np.concatenate([folds.training, folds.holdout]))
    return all(task.known_rows[folds.training != part].any() for part in parts)


def cross_fitted_scores(project: ProjectTask, train: Train, fingerprint: str) -> CrossFittedScores:
    """Score hold-out and labelled training images by models of the other parts.

    Args:
        project: Must be worth it (:func:`is_worth_it`).
        train: How the model of a part is trained.
        fingerprint: Of all that the scores are made from.
    """
    task, folds = project.task, _folds(project)
    kept = _kept(task, project.content_hashes)
    training = np.zeros((len(task.states), task.states.shape[1]), np.float32)
    holdout = np.zeros(task.holdout.states.shape, np.float32)
    for part in part_fits(task, train, folds.training, folds.holdout):
        rows = np.intersect1d(part.rows, kept)
        asked = task.of_rows(rows)
        training[rows] = head_logits(
            part.head, asked.views[0], asked.regions[0] if asked.regions else None
        )
        judged = task.holdout.of_rows(part.holdout_rows)
        holdout[part.holdout_rows] = head_logits(part.head, judged.vectors, judged.regions)
    return CrossFittedScores(
        fingerprint=fingerprint,
        holdout=project.holdout_hashes,
        holdout_logits=holdout,
        training=tuple(project.content_hashes[row] for row in kept),
        training_logits=training[kept],
        states=task.states[kept],
    )


def _folds(project: ProjectTask) -> _Folds:
    hashes = (project.content_hashes, project.holdout_hashes)
    training, holdout = (
        np.array([fold_of(one, FOLDS) for one in each], np.int64) for each in hashes
    )
    return _Folds(training=training, holdout=holdout)


def _kept(task: Task, hashes: tuple[str, ...]) -> np.ndarray:
    """Rows of labelled training images; of many a sample that no order of theirs decides."""
    rows = np.flatnonzero((task.states != UNKNOWN).any(axis=1))
    by_hash = sorted(rows.tolist(), key=lambda row: hashes[row])
    return np.array(sorted(by_hash[:MOST_IMAGES]), np.int64)
