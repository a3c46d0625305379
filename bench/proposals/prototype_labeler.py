"""Proposes the labels whose prototype an image resembles.

Ours, in the line of the visual and textual prototypes of TRM-ML (arXiv
2407.18520, whose code is not released): :mod:`components.labelers.prototypes`
gives similarities, Platt curves fitted to labelled images make them probabilities.
"""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from jaxtyping import Float32, Int8

from bench.proposals.platt_threshold import PlattThreshold
from components.labelers.proposals import Proposals
from components.labelers.prototypes import Prototypes
from components.labels.states import PRESENT, UNKNOWN
from components.methods.vlpl.calibrated_threshold import CalibratedThreshold


@dataclass(frozen=True, kw_only=True, slots=True)
class PrototypeLabeler:
    """Settings; :meth:`fit` gives the labeler that proposes."""

    name: Literal["prototype"] = "prototype"
    threshold: CalibratedThreshold = field(default_factory=CalibratedThreshold)
    text_weight: float = 20.0
    """A name counts as this many images; at least 0."""

    def fit(
        self,
        vectors: Float32[np.ndarray, "examples embed"],
        states: Int8[np.ndarray, "examples labels"],
        label_vectors: Float32[np.ndarray, "labels embed"],
    ) -> "FittedPrototypes":
        """Prototypes from known positives, Platt curves from known cells."""
        prototypes = Prototypes.fit(vectors, states, label_vectors, text_weight=self.text_weight)
        platt = PlattThreshold.fit(
            self.threshold,
            prototypes.similarity_without_own(vectors, states),
            states == PRESENT,
            states != UNKNOWN,
        )
        return FittedPrototypes(prototypes=prototypes, platt=platt)


@dataclass(frozen=True, kw_only=True, slots=True)
class FittedPrototypes:
    """Proposes for images that were not part of the fit."""

    prototypes: Prototypes
    platt: PlattThreshold

    def probabilities(
        self, vectors: Float32[np.ndarray, "examples embed"]
    ) -> Float32[np.ndarray, "examples labels"]:
        """Calibrated probabilities."""
        return self.platt.probabilities(self.prototypes.similarity(vectors))

    def propose(
        self,
        vectors: Float32[np.ndarray, "examples embed"],
        known: Int8[np.ndarray, "examples labels"],
    ) -> Proposals:
        """Proposals for unknown cells."""
        return self.platt.threshold.propose(self.probabilities(vectors), known)
