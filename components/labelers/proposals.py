"""Pseudo-labels proposed for unknown cells."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float32, Int8

from components.labels.states import ABSENT, PRESENT, UNKNOWN


@dataclass(frozen=True, slots=True)
class Proposals:
    """A proposed state a cell, 0 for none, and the score it rests on."""

    states: Int8[np.ndarray, "examples labels"]
    scores: Float32[np.ndarray, "examples labels"]


def proposals_for_unknown(
    known: Int8[np.ndarray, "examples labels"],
    positive: Bool[np.ndarray, "examples labels"],
    negative: Bool[np.ndarray, "examples labels"],
    scores: Float32[np.ndarray, "examples labels"],
) -> Proposals:
    """Keep what is proposed for unknown cells; a known cell is never touched.

    Where a cell is called both positive and negative, positive wins: the
    evidence for it passed a threshold, the other was only a low rank.
    """
    states = np.where(positive, PRESENT, np.where(negative, ABSENT, UNKNOWN)).astype(np.int8)
    states[known != UNKNOWN] = UNKNOWN
    return Proposals(states, scores)
