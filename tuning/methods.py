"""Every method on one task: its candidates, and the one that the hold-out likes best."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from components.models.heads.head import Head
from components.models.heads.linear import LinearHead
from components.recipes.assume_negative import AssumeNegative
from components.recipes.entropy import Entropy
from components.recipes.ignore_unknown import IgnoreUnknown
from components.training.data import TrainingSet
from components.training.loop import fit
from tuning.from_captions import learn_from_captions
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
    """
    if method not in METHODS:
        raise ValueError(f"no method is called {method!r}; use one of {', '.join(METHODS)}")
    return METHODS[method](task, seed)


def _zero_shot(task: Task, seed: int) -> Learned:
    weight = (task.names.vectors / task.names.temperature).astype(np.float32)
    return Learned(
        method="zero_shot", head=LinearHead.of(weight), settings={}, holdout_score=0.0, best_epoch=0
    )


def _plain(recipe: Any) -> Callable[[Task, int], Learned]:
    def run(task: Task, seed: int) -> Learned:
        data = TrainingSet(
            views=task.views, states=task.states, proposals=np.zeros_like(task.states)
        )
        found = fit(recipe, data, task.holdout, task.names, task.schedule, seed=seed)
        return Learned(
            method=recipe.name,
            head=found.head,
            settings=asdict(recipe),
            holdout_score=found.best_score,
            best_epoch=found.best_epoch,
        )

    return run


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
    "assume_negative": _plain(AssumeNegative()),
    "ignore_unknown": _plain(IgnoreUnknown()),
    "entropy": _plain(Entropy()),
    "tagalign": _tagalign,
}
