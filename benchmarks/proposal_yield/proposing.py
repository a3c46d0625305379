"""Proposals of a task by the very steps of the stage pseudo_label, as arrays beside their truth."""

from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy.special import expit, softmax

from components.calibration.scaling import fit_scaling
from components.labelers.softmax_threshold import SoftmaxThreshold
from components.methods.catalog import METHODS
from components.models.heads.head import Head
from components.proposing.asked_photos import AskedPhotos
from components.proposing.cross_fit import Train, can_calibrate, cross_fit
from components.proposing.score_stream import ScoreStream
from components.training.loop import fit
from components.training.settings import MethodSettings, Schedule
from components.training.task import Task
from tuning.method_choice import choose_method
from tuning.search import learn

RECIPES = ("assume_negative", "ignore_unknown", "vlpl", "efuda")
"""What a new project trains (``train.recipes``), beside all methods without training."""
FOLDS = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class Proposed:
    """Scores of all cells of the training images, and how they came to be."""

    probabilities: np.ndarray
    """Of presence where ``calibrated``; else they rank within a label."""
    calibrated: bool
    method: str
    scorers: int
    reading_evidence: int


def best_method(
    task: Task, schedule: Schedule, recipes: tuple[str, ...], *, seed: int
) -> tuple[str, MethodSettings]:
    """Tuned as the stage tune does, and chosen as pseudo_label does."""
    names = [
        name
        for name, row in METHODS.items()
        if row.applies_to(task)
        and (name in recipes and task.states.any() if row.is_trained else True)
    ]
    tried = {name: learn(name, task, schedule, seed=seed) for name in names}
    figures = {
        name: each.holdout_score if task.holdout.can_measure else float("nan")
        for name, each in tried.items()
    }
    name = choose_method(figures, task.holdout.num_labelled).method
    return name, tried[name].settings


def proposed(
    task: Task,
    schedule: Schedule,
    ids: tuple[str, ...],
    holdout_ids: tuple[str, ...],
    labels: tuple[str, ...],
    *,
    seed: int,
    recipes: tuple[str, ...] = RECIPES,
) -> Proposed:
    """The best method's scores of every training image by scorers that never met it."""
    name, settings = best_method(task, schedule, recipes, seed=1001 + seed)
    fitted = cross_fit(
        _training(name, settings, schedule, seed),
        task,
        ids,
        holdout_ids,
        labels,
        folds=FOLDS,
        unmet=False,
    )
    photos = AskedPhotos(
        split="train",
        ids=ids,
        vectors=task.views[0],
        regions=task.regions[0] if task.has_regions else None,
        states=task.states,
        scorer=fitted.training,
    )
    scores = np.empty(task.states.shape)
    for number in np.unique(photos.scorer):
        rows = np.flatnonzero(photos.scorer == number)
        stream = ScoreStream(
            scorer=fitted.scorers[number],
            vectors=photos.vectors,
            regions=photos.regions,
            rows=rows,
        )
        scores[rows] = expit(stream.take(len(rows)).astype(np.float64))
    return Proposed(
        probabilities=scores,
        calibrated=can_calibrate(task),
        method=name,
        scorers=len(fitted.scorers),
        reading_evidence=fitted.num_reading_evidence,
    )


def _training(name: str, settings: MethodSettings, schedule: Schedule, seed: int) -> Train:
    row = METHODS[name]
    if not row.is_trained:
        return partial(row.untrained_head, settings)
    return partial(_fit, name, settings, schedule, seed)


def _fit(name: str, settings: MethodSettings, schedule: Schedule, seed: int, task: Task) -> Head:
    return fit(METHODS[name].recipe(settings), task, schedule, seed=seed).head


def vlpl_scores(task: Task) -> tuple[np.ndarray, np.ndarray | None]:
    """VLPL's own labeler on the same vectors: softmax, and calibrated label by label.

    The second needs a hold-out with absences, and is what tune chooses where there is one.
    """
    logits = task.zero_shot_logits()
    scores = softmax(logits, axis=1)
    if task.holdout.rule != "verified":
        return scores, None
    names, holdout = task.names, task.holdout
    judged = holdout.vectors @ names.vectors.T / np.float32(names.temperature)
    scaling = fit_scaling(judged, holdout.truth, holdout.known)
    return scores, expit(np.clip(scaling.slope * logits + scaling.intercept, -60, 60))


def vlpl_threshold() -> float:
    """Of the softmax, as published."""
    return SoftmaxThreshold().theta
