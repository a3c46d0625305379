"""What the sweep and the proposals are computed from, by both the same way."""

from dataclasses import replace

import numpy as np

from components.calibration.scaling import fit_scaling
from components.labels.holdout import selection_truth
from components.training.data import Schedule
from project.learning_task import LearningData
from tuning.objective import Problem
from tuning.task import Task


def problem_of(data: LearningData, schedule: Schedule) -> Problem:
    """The tuning problem of a project.

    Zero-shot scores are calibrated class by class on the hold-out's verified
    cells; where there are none the calibrated labeler takes no part.
    """
    logits = data.train.zero_shot_logits(data.label_vectors)
    return Problem(
        views=data.train.views,
        states=data.train.labels.states,
        zero_shot_logits=logits,
        probabilities=_calibrated(data, logits),
        names=replace(data.names, prompter=None),
        # The labelers and recipes of the sweep read whole images only.
        holdout=replace(data.holdout, regions=None),
        schedule=schedule,
    )


def task_of(data: LearningData, schedule: Schedule) -> Task:
    """The project's task, as methods with several attempts see it."""
    return Task(
        views=data.train.views,
        regions=data.train.regions,
        states=data.train.labels.states,
        names=data.names,
        holdout=data.holdout,
        holdout_states=data.val.labels.states,
        rule=data.rule,
        schedule=schedule,
        grid=data.captions.grid if data.captions else None,
        captions=data.captions.images if data.captions else None,
    )


def _calibrated(data: LearningData, logits: np.ndarray) -> np.ndarray | None:
    if data.rule != "verified":
        return None
    truth, known = selection_truth(data.val.labels.states, data.rule)
    scaling = fit_scaling(data.val.zero_shot_logits(data.label_vectors), truth, known)
    scaled = np.clip(scaling.slope * logits + scaling.intercept, -60, 60)
    return (1 / (1 + np.exp(-scaled))).astype(np.float32)
