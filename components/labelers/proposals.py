"""Pseudo-labels proposed for unknown cells, and the thresholds that most labelers end in."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Float32, Int8

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


@dataclass(frozen=True, slots=True)
class ClassThresholds:
    """Positive where a score reaches its label's threshold; infinity proposes nothing."""

    thresholds: Float[np.ndarray, " labels"]

    def propose(
        self,
        scores: Float32[np.ndarray, "examples labels"],
        known: Int8[np.ndarray, "examples labels"],
    ) -> Proposals:
        """Proposals for unknown cells."""
        positive = scores >= self.thresholds
        return proposals_for_unknown(known, positive, np.zeros_like(positive), scores)
