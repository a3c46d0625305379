"""Heads of methods that are not trained, and tasks in which something about them is odd."""

from dataclasses import replace

import numpy as np

from components.methods.catalog import METHODS
from components.models.heads.head import Head
from components.training.inference import head_logits
from components.training.task import Holdout, Names, Task

UNTRAINED = tuple(name for name, row in METHODS.items() if not row.is_trained)


def head_of(method: str, task: Task, **settings) -> Head:
    """The head with these settings, all others as they are by default."""
    row = METHODS[method]
    return row.untrained_head(row.settings(**settings), task)


def logits_of(head: Head, task: Task) -> np.ndarray:
    """Of the hold-out's images."""
    return head_logits(head, task.holdout.vectors, task.holdout.regions)


def with_names(task: Task, count: int) -> Task:
    """The task of the first labels alone."""
    return replace(
        task,
        states=task.states[:, :count],
        names=Names(vectors=task.names.vectors[:count], temperature=task.names.temperature),
        holdout=Holdout.of(
            task.holdout.vectors, task.holdout.states[:, :count], task.holdout.regions
        ),
    )


def drawn_task(seed: int, *, images: int, names: int, regions: int = 3, embed: int = 5) -> Task:
    """Unit vectors drawn from a seed; nothing is known of any cell."""
    random = np.random.default_rng(seed)

    def unit(*shape: int) -> np.ndarray:
        vectors = random.normal(size=(*shape, embed)) + 0.5
        return (vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)).astype(np.float32)

    return Task(
        views=unit(images)[None],
        states=np.zeros((images, names), np.int8),
        names=Names(vectors=unit(names), temperature=0.1),
        holdout=Holdout.of(unit(4), np.zeros((4, names), np.int8), unit(4, regions)),
        regions=(unit(images, regions),),
    )
