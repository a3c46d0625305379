"""Scores of training images by models that did not see them."""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float, Int64
from scipy.special import expit

from components.calibration.scaling import fit_scaling
from components.methods.catalog import METHODS
from components.models.heads.head import Head
from components.training.cross_fit import part_fits
from components.training.inference import head_logits
from components.training.loop import fit
from components.training.settings import MethodSettings, Schedule
from components.training.task import Holdout, Task


def can_calibrate(holdout: Holdout) -> bool:
    """Whether the hold-out holds counted cells of both signs, so that scores become probabilities."""
    truth = holdout.truth[holdout.known]
    return bool(truth.any() and not truth.all())


def cross_fitted(
    method: str,
    settings: MethodSettings,
    task: Task,
    shared: Schedule,
    fold: Int64[np.ndarray, " examples"],
    *,
    seed: int,
    on_fold: Callable[[], object] = lambda: None,
) -> Float[np.ndarray, "examples labels"]:
    """Calibrated probabilities of all cells of the training images.

    Each image is scored by a model that was trained on the other parts; that model's own
    scores of the hold-out calibrate it. A method that is not trained reads no label, so one
    head scores all parts.

    The hold-out must have cells of both signs (:func:`can_calibrate`).

    Args:
        method: Name of the method.
        settings: Its settings.
        task: Training images and hold-out.
        shared: The schedule of all methods.
        fold: The part that each image belongs to.
        seed: Of every fit.
        on_fold: Called when a part is done.
    """
    probabilities = np.empty(task.states.shape, np.float64)
    row = METHODS[method]
    if not row.is_trained:
        every = np.arange(len(task.states))
        return _calibrated(row.untrained_head(settings, task), task, every)
    recipe = row.recipe(settings)
    for part in part_fits(task, lambda _, rest: fit(recipe, rest, shared, seed=seed), fold):
        probabilities[part.rows] = _calibrated(part.head, task, part.rows)
        on_fold()
    return probabilities


def _calibrated(
    head: Head, task: Task, rows: Int64[np.ndarray, " rows"]
) -> Float[np.ndarray, "rows labels"]:
    asked = task.of_rows(rows)
    logits = head_logits(head, asked.views[0], asked.regions[0] if asked.regions else None)
    scaling = _scaling(head, task.holdout)
    return expit(np.clip(scaling.slope * logits + scaling.intercept, -60, 60))


def _scaling(head: Head, holdout: Holdout):
    judged = head_logits(head, holdout.vectors, holdout.regions)
    return fit_scaling(judged, holdout.truth, holdout.known)
