"""The cells that a calibration is fitted to: those of the hold-out, and of the training images.

The hold-out chose the method, the attempt and the epoch, so a tagger looks better there than
on new pictures, and thirty images hold a few positives of most labels. Where scores of models
that never met the image are at hand (:mod:`components.training.cross_fit`), they help twice:
the training images' known cells join, and each image of the hold-out is read by both models,
half and half. The models of the parts learned from fewer images and say everything less
loudly, so their logits are brought to the tagger's own mean and spread on the hold-out first.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int8, Int64

from components.labels.states import ABSENT, PRESENT, UNKNOWN

MAX_EXCESS = 3.0
"""Standard errors by which the hold-out's positives may miss what training's shares foretell."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CrossFitted:
    """Logits by models that neither learned from the image nor were chosen by it."""

    holdout: Float[np.ndarray, "examples labels"]
    """Of the hold-out, in its order."""
    training: Float[np.ndarray, "others labels"]
    states: Int8[np.ndarray, "others labels"]
    """Known cells of those training images."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CalibrationCells:
    """What curves and thresholds are fitted to, a row for each reading of an image."""

    logits: Float[np.ndarray, "rows labels"]
    truth: Bool[np.ndarray, "rows labels"]
    known: Bool[np.ndarray, "rows labels"]
    image: Int64[np.ndarray, " rows"]
    """Which image each row reads; those of the hold-out come first."""
    weight: Float[np.ndarray, " rows"]
    """What a row counts; those of one image add up to 1."""
    num_images: int

    @property
    def positives(self) -> Int64[np.ndarray, " labels"]:
        """Images that are known to show each label."""
        return np.rint(self.weight @ (self.truth & self.known)).astype(np.int64)

    @property
    def negatives(self) -> Int64[np.ndarray, " labels"]:
        """Images that are known not to."""
        return np.rint(self.weight @ (~self.truth & self.known)).astype(np.int64)


def calibration_cells(
    logits: Float[np.ndarray, "examples labels"],
    truth: Bool[np.ndarray, "examples labels"],
    known: Bool[np.ndarray, "examples labels"],
    cross: CrossFitted | None = None,
) -> CalibrationCells:
    """The cells of a hold-out, and what cross-fitted scores add to them.

    Args:
        logits: The tagger's own, on the hold-out.
        truth: Whether the label is present; ignored where not known.
        known: Which cells count.
        cross: Cross-fitted scores, where there are any.
    """
    num_images = len(logits)
    alone = CalibrationCells(
        logits=logits,
        truth=truth & known,
        known=known,
        image=np.arange(num_images),
        weight=np.ones(num_images),
        num_images=num_images,
    )
    if cross is None or not known.any():
        return alone
    scale, shift = _to_the_scale_of(logits[known], cross.holdout[known])
    used = usable_cells(cross.states, truth, known)
    rows = np.flatnonzero(used.any(axis=1))
    num_rows = num_images + len(rows)
    return CalibrationCells(
        logits=np.concatenate(
            [logits, scale * cross.holdout + shift, scale * cross.training[rows] + shift]
        ),
        truth=np.concatenate([truth & known, truth & known, cross.states[rows] == PRESENT]),
        known=np.concatenate([known, known, used[rows]]),
        image=np.concatenate([np.arange(num_images), np.arange(num_rows)]),
        weight=np.concatenate([np.full(2 * num_images, 0.5), np.ones(len(rows))]),
        num_images=num_rows,
    )


def usable_cells(
    states: Int8[np.ndarray, "others labels"],
    truth: Bool[np.ndarray, "examples labels"],
    known: Bool[np.ndarray, "examples labels"],
) -> Bool[np.ndarray, "others labels"]:
    """The known cells of training that say how often a label is present.

    A label counts where training knows both signs of it. Where someone noted presences and few
    absences, or reviewed what was doubtful, the known cells do not stand for the others: the
    hold-out then has fewer positives than their shares foretell, or more, and none counts.

    Args:
        states: Of the training images.
        truth: Of the hold-out.
        known: Cells of the hold-out that count.
    """
    both = (states == PRESENT).any(axis=0) & (states == ABSENT).any(axis=0)
    used = (states != UNKNOWN) & both
    shares = (states == PRESENT)[:, both].sum(axis=0) / used[:, both].sum(axis=0)
    counted = known[:, both]
    foretold = float((counted.sum(axis=0) * shares).sum())
    found = int((truth[:, both] & counted).sum())
    # Labels of one image come together, so positives scatter more than by chance alone.
    error = np.sqrt(2 * max(foretold, 1.0))
    return used if abs(found - foretold) <= MAX_EXCESS * error else np.zeros_like(used)


def _to_the_scale_of(own: np.ndarray, other: np.ndarray) -> tuple[float, float]:
    """Factor and addend that give ``other`` the mean and spread of ``own``."""
    spread = float(other.std())
    scale = float(own.std()) / spread if spread > 0 and own.std() > 0 else 1.0
    return scale, float(own.mean()) - scale * float(other.mean())
