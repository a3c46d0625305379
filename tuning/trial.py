"""One trial: an attempt of a method is trained and judged on the hold-out."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from components.methods.catalog import METHODS
from components.metrics.bootstrap import (
    draw_images,
    drawn_average_precision,
    drawn_mean_average_precision,
)
from components.models.heads.head import Head
from components.training.inference import head_logits
from components.training.loop import FitResult, fit
from components.training.settings import MethodSettings, Schedule
from components.training.task import Holdout, Task

NUM_DRAWS = 200


@dataclass(frozen=True, slots=True)
class Trial:
    """What is tried."""

    method: str
    settings: MethodSettings


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """A trial, and what the hold-out says of it."""

    trial: Trial
    score: float
    """Mean average precision on the hold-out, at the best epoch."""
    best_epoch: int
    draws: tuple[float, ...] = ()
    """The same in draws of the hold-out's images; only of methods that choose cautiously."""


Told = Callable[[Trial, float], object]
"""Called with each trial that ended, and its score."""


def no_one(trial: Trial, score: float) -> None:
    """Tells nobody."""


def run_trial(
    trial: Trial, task: Task, shared: Schedule, *, seed: int
) -> tuple[Outcome, FitResult]:
    """Train one attempt and judge it; briefly, where the method's row says so."""
    method = METHODS[trial.method]
    brief = shared
    if method.trial_epochs is not None:
        brief = replace(shared, epochs=min(method.trial_epochs, shared.epochs))
    result = fit(method.recipe(trial.settings), task, brief, seed=seed)
    outcome = Outcome(
        trial=trial,
        score=result.best_score,
        best_epoch=result.best_epoch,
        draws=drawn_scores(result.head, task.holdout) if method.is_cautious else (),
    )
    return outcome, result


def drawn_scores(head: Head, holdout: Holdout) -> tuple[float, ...]:
    """Hold-out mAP in every draw of its images; the same draws for every trial."""
    logits = head_logits(head, holdout.vectors, holdout.regions)
    weights = draw_images(len(logits), NUM_DRAWS, seed=0)
    each = drawn_average_precision(logits, holdout.truth, holdout.known, weights)
    return tuple(np.asarray(drawn_mean_average_precision(each)).astype(float).tolist())
