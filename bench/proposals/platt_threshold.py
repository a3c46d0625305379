"""Zero-shot scores made into probabilities label by label, then a threshold.

Each label's cosine ÷ temperature goes through its own Platt curve, fitted to
labelled cells and shrunk to a curve shared by all labels
(:mod:`components.calibration.scaling`). Labels no longer compete as in VLPL.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float32, Int8
from scipy.special import expit

from components.calibration.scaling import Scaling, fit_scaling
from components.labelers.proposals import Proposals
from components.methods.vlpl.calibrated_threshold import CalibratedThreshold


@dataclass(frozen=True, kw_only=True, slots=True)
class PlattThreshold:
    """A fitted scaling with the threshold that reads it."""

    threshold: CalibratedThreshold
    scaling: Scaling

    @classmethod
    def fit(
        cls,
        threshold: CalibratedThreshold,
        logits: Float32[np.ndarray, "examples labels"],
        truth: Bool[np.ndarray, "examples labels"],
        known: Bool[np.ndarray, "examples labels"],
        *,
        prior_weight: float = 1.0,
    ) -> "PlattThreshold":
        """Fit the curves to known cells; arguments as for ``fit_scaling``."""
        scaling = fit_scaling(logits, truth, known, prior_weight=prior_weight)
        return cls(threshold=threshold, scaling=scaling)

    def probabilities(
        self, logits: Float32[np.ndarray, "examples labels"]
    ) -> Float32[np.ndarray, "examples labels"]:
        """Calibrated probabilities."""
        return expit(self.scaling.slope * logits + self.scaling.intercept).astype(np.float32)

    def propose(
        self,
        logits: Float32[np.ndarray, "examples labels"],
        known: Int8[np.ndarray, "examples labels"],
    ) -> Proposals:
        """Proposals for unknown cells."""
        return self.threshold.propose(self.probabilities(logits), known)
