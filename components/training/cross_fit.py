"""Fits that leave a part of the images out, so that each image is scored by what never met it.

Every training image belongs to a part, and so may every image of the hold-out. The model of a
part neither learned from the part's training images nor chose its epoch by the part's hold-out
images: what it says of both is what it would say of new pictures.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from blake3 import blake3
from jaxtyping import Int64

from components.models.heads.head import Head
from components.training.loop import FitResult
from components.training.task import Task

Train = Callable[[int, Task], FitResult]
"""Trains the model of a part, by its number, on the task without it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PartFit:
    """The model of one part."""

    number: int
    rows: Int64[np.ndarray, " rows"]
    """Training images that it did not learn from."""
    holdout_rows: Int64[np.ndarray, " others"]
    """Images of the hold-out that did not choose its epoch."""
    head: Head


def fold_of(content_hash: str, folds: int) -> int:
    """The part that an image belongs to; the same whatever other images there are."""
    return int.from_bytes(blake3(content_hash.encode()).digest()[:8], "big") % folds


def part_fits(
    task: Task,
    train: Train,
    fold: Int64[np.ndarray, " examples"],
    holdout_fold: Int64[np.ndarray, " others"] | None = None,
) -> Iterator[PartFit]:
    """The models of all parts, in the order of their numbers.

    Args:
        task: Training images and hold-out.
        train: How each model is trained.
        fold: The part of each training image.
        holdout_fold: The part of each image of the hold-out; without it, all choose epochs.
            Where a part holds all known positives of the hold-out, all choose for it, too.
    """
    parts = fold if holdout_fold is None else np.concatenate([fold, holdout_fold])
    for number in np.unique(parts):
        others = task.of_rows(np.flatnonzero(fold != number))
        left_out = np.zeros(0, np.int64)
        if holdout_fold is not None:
            left_out = np.flatnonzero(holdout_fold == number)
            chooses = task.holdout.of_rows(np.flatnonzero(holdout_fold != number))
            if chooses.can_measure:
                others = replace(others, holdout=chooses)
        yield PartFit(
            number=int(number),
            rows=np.flatnonzero(fold == number),
            holdout_rows=left_out,
            head=train(int(number), others).head,
        )
