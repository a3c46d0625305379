"""Every method on one task: its attempts, and the one that the hold-out likes best."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from components.models.heads.head import Head
from components.models.heads.linear import LinearHead
from components.training.data import TrainingSet
from components.training.loop import FitResult, fit
from tuning.attempts import ATTEMPTS, CAUTIOUS, Attempt
from tuning.from_captions import learn_from_captions
from tuning.one_standard_error import cautious_choice
from tuning.task import Task


@dataclass(frozen=True, kw_only=True, slots=True)
class Learned:
    """A head, and how it came about."""

    method: str
    head: Head
    settings: dict[str, Any]
    holdout_score: float
    best_epoch: int


def learn(method: str, task: Task, *, seed: int) -> Learned:
    """Learn a head by a method; the same arguments give the same head.

    Raises:
        ValueError: If no method has that name.
        InputError: If the task lacks what the method reads, such as regions or captions.
    """
    if method not in METHODS:
        raise ValueError(f"no method is called {method!r}; use one of {', '.join(METHODS)}")
    return METHODS[method](task, seed)


def _zero_shot(task: Task, seed: int) -> Learned:
    weight = (task.names.vectors / task.names.temperature).astype(np.float32)
    return Learned(
        method="zero_shot", head=LinearHead.of(weight), settings={}, holdout_score=0.0, best_epoch=0
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Chosen:
    """The attempt that the hold-out likes best."""

    place: int
    attempt: Attempt
    result: FitResult
    scores: tuple[float, ...]
    """Of all attempts on the hold-out, in their order."""


def choose(method: str, task: Task, *, seed: int) -> Chosen:
    """Make all attempts of a method; of equals the first is chosen.

    Published methods are chosen as they are published, by the best score alone.
    """
    attempts = ATTEMPTS[method](task)
    results = [_fit(each, task, seed) for each in attempts]
    scores = tuple(result.best_score for result in results)
    cautious = method in CAUTIOUS
    place = cautious_choice(results, task.holdout) if cautious else int(np.argmax(scores))
    return Chosen(place=place, attempt=attempts[place], result=results[place], scores=scores)


def _attempted(method: str) -> Callable[[Task, int], Learned]:
    def run(task: Task, seed: int) -> Learned:
        chosen = choose(method, task, seed=seed)
        return Learned(
            method=method,
            head=chosen.result.head,
            settings=chosen.attempt.describe(),
            holdout_score=chosen.result.best_score,
            best_epoch=chosen.result.best_epoch,
        )

    return run


def _fit(attempt: Attempt, task: Task, seed: int) -> FitResult:
    data = TrainingSet(
        views=task.views,
        states=task.states,
        proposals=attempt.propose(task),
        regions=task.regions,
    )
    schedule = attempt.schedule(task.schedule)
    return fit(attempt.recipe, data, task.holdout, task.names, schedule, seed=seed)


def _tagalign(task: Task, seed: int) -> Learned:
    found = learn_from_captions(task, seed)
    return Learned(
        method="tagalign",
        head=found.result.head,
        settings=found.settings,
        holdout_score=found.result.best_score,
        best_epoch=found.result.best_epoch,
    )


METHODS: dict[str, Callable[[Task, int], Learned]] = {
    "zero_shot": _zero_shot,
    **{method: _attempted(method) for method in ATTEMPTS},
    "tagalign": _tagalign,
}
