"""TagAlign on a task: its candidates tried briefly, the best of them trained in full."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from components.errors import InputError
from components.methods.tagalign.captioned import CaptionedImages, captioned_images
from components.methods.tagalign.recipe import TagAlign
from components.training.data import Schedule, TrainingSet
from components.training.loop import FitResult, fit
from tuning.task import Task

EPOCHS = 14
TRIAL_EPOCHS = 2
BATCH_SIZE = 64
"""Captions compete within a batch; larger ones mean fewer steps, and did worse."""
LEARNING_RATE = 2e-3
CANDIDATES: tuple[dict[str, Any], ...] = (
    {"pool": "best", "kinds": "both"},
    {"pool": "best", "kinds": "objects"},
    {"pool": "best", "kinds": "objects", "caption_weight": 0.3},
    {"pool": "mean", "kinds": "objects"},
)


@dataclass(frozen=True, slots=True)
class CaptionFit:
    """A fit, and the settings that the hold-out chose for it."""

    result: FitResult
    settings: dict[str, Any]


def learn_from_captions(task: Task, seed: int) -> CaptionFit:
    """Train TagAlign; the hold-out picks the pool and the kinds of tags.

    Raises:
        InputError: If the task has no captions, or no regions.
    """
    chosen = choose_from_captions(task, seed)
    schedule = caption_schedule(task)
    found = fit(chosen.recipe, _data(task), task.holdout, task.names, schedule, seed=seed)
    return CaptionFit(found, chosen.recipe.settings())


@dataclass(frozen=True, slots=True)
class CaptionChoice:
    """The candidate that the hold-out likes best."""

    place: int
    recipe: TagAlign
    scores: tuple[float, ...]
    """Of all candidates, tried briefly, in their order."""


def choose_from_captions(task: Task, seed: int) -> CaptionChoice:
    """Try every candidate for a few epochs; of equals the first is chosen.

    Raises:
        InputError: If the task has no captions, or no regions.
    """
    schedule = caption_schedule(task)
    brief = replace(schedule, epochs=min(TRIAL_EPOCHS, schedule.epochs))
    recipes = caption_recipes(task)
    scores = tuple(
        fit(each, _data(task), task.holdout, task.names, brief, seed=seed).best_score
        for each in recipes
    )
    place = int(np.argmax(scores))
    return CaptionChoice(place, recipes[place], scores)


def caption_recipes(task: Task) -> list[TagAlign]:
    """The candidates, in the order in which choices are kept.

    Raises:
        InputError: If the task has no captions, or no regions.
    """
    captions = captions_of(task)
    if task.grid is None:
        raise InputError(
            "TagAlign needs region vectors and their grid, and this task has none; embed with "
            "regions, or take another method."
        )
    return [TagAlign(captions=captions, grid=task.grid, **each) for each in CANDIDATES]


def _data(task: Task) -> TrainingSet:
    return TrainingSet(
        views=task.views,
        states=task.states,
        proposals=np.zeros_like(task.states),
        regions=task.regions,
    )


def caption_schedule(task: Task) -> Schedule:
    """The task's, shorter and in smaller batches."""
    return replace(
        task.schedule,
        epochs=min(EPOCHS, task.schedule.epochs),
        batch_size=min(BATCH_SIZE, task.schedule.batch_size),
        learning_rate=LEARNING_RATE,
    )


def captions_of(task: Task) -> CaptionedImages:
    """What the task's captions say, as TagAlign reads it.

    Raises:
        InputError: If it has none.
    """
    said = task.captions
    if isinstance(said, CaptionedImages):
        return said
    if said is None:
        raise InputError(
            "TagAlign needs captions, and this task has none; use protocol captions on a world "
            "with captions, or another method."
        )
    return captioned_images(
        len(task.states),
        (said.caption_rows, said.caption_vectors),
        (said.object_tags, said.object_vectors),
        (said.attribute_tags, said.attribute_vectors),
    )
