"""The known examples that speak for a proposal: those of its label that it resembles most.

Of a label with very many known positives a part is looked at, evenly taken, so that memory
and time are bounded.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Int8, Int32, Int64

from components.labels.states import PRESENT

MOST_KNOWN = 2048
"""Known positives of a label that are looked at."""
NUM_NEAREST = 3
_ASKED_AT_ONCE = 4096


@dataclass(frozen=True, slots=True)
class Nearest:
    """For each proposal the nearest known positives of its label, the nearest first."""

    rows: Int32[np.ndarray, "proposals nearest"]
    """Training images; -1 where there are no more."""
    similarities: Float32[np.ndarray, "proposals nearest"]
    """Cosines of whole-image vectors; NaN where there is none."""


def nearest_known(
    asked: Float32[np.ndarray, "images embed"],
    rows: Int64[np.ndarray, " proposals"],
    columns: Int64[np.ndarray, " proposals"],
    known: Float32[np.ndarray, "examples embed"],
    states: Int8[np.ndarray, "examples labels"],
) -> Nearest:
    """Find them label by label.

    Args:
        asked: Unit vectors of the images that something is proposed for.
        rows: Image of each proposal, a row of ``asked``.
        columns: Label of each proposal.
        known: Unit vectors of the training images.
        states: Their known cells.

    Example:
        >>> known = np.eye(3, dtype=np.float32)
        >>> states = np.array([[1], [1], [0]], np.int8)
        >>> zero = np.zeros(1, np.int64)
        >>> nearest_known(known[1:2], zero, zero, known, states).rows.tolist()
        [[1, 0, -1]]
    """
    found = np.full((len(rows), NUM_NEAREST), -1, np.int32)
    similarities = np.full(found.shape, np.nan, np.float32)
    if not len(rows):
        return Nearest(found, similarities)
    order = np.argsort(columns, kind="stable")
    labels, starts = np.unique(columns[order], return_index=True)
    for label, places in zip(labels, np.split(order, starts[1:]), strict=True):
        positives = _some(np.flatnonzero(states[:, label] == PRESENT))
        if not len(positives):
            continue
        bank = known[positives]
        for start in range(0, len(places), _ASKED_AT_ONCE):
            part = places[start : start + _ASKED_AT_ONCE]
            cosines = asked[rows[part]] @ bank.T
            best = np.argsort(-cosines, axis=1, kind="stable")[:, :NUM_NEAREST]
            found[part, : best.shape[1]] = positives[best]
            similarities[part, : best.shape[1]] = np.take_along_axis(cosines, best, axis=1)
    return Nearest(found, similarities)


def _some(positives: np.ndarray) -> np.ndarray:
    if len(positives) <= MOST_KNOWN:
        return positives
    return positives[np.linspace(0, len(positives) - 1, MOST_KNOWN).astype(np.int64)]
