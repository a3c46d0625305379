"""DiCaP: a proposal weighs as much as such proposals have proved right.

Source: DiCaP (AAAI 2026), known to us from a summary: on labelled images kept for
the purpose, scores fall into 20 bins; the share of present cells in a bin is its
precision, read at other scores by linear interpolation between bin centres, and
used as the weight of a proposal in the loss. Ours: empty bins are bridged by their
neighbours, and a proposed absence weighs one minus that share.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Float32, Int

from components.errors import InputError
from components.labelers.proposals import Proposals
from components.labels.states import ABSENT, PRESENT


@dataclass(frozen=True, kw_only=True, slots=True)
class CalibratedWeight:
    """Filled bins of scores, rising, with the share of present cells in each."""

    centres: Float[np.ndarray, " bins"]
    precision: Float[np.ndarray, " bins"]
    counts: Int[np.ndarray, " bins"]

    @classmethod
    def fit(
        cls,
        scores: Float32[np.ndarray, "examples labels"],
        truth: Bool[np.ndarray, "examples labels"],
        known: Bool[np.ndarray, "examples labels"],
        *,
        num_bins: int = 20,
    ) -> "CalibratedWeight":
        """Measure the precision of each bin on labelled images not used for training.

        Args:
            scores: In [0, 1].
            truth: Whether the label is present; ignored where not known.
            known: Which cells count.
            num_bins: Of equal width; at least 1.

        Raises:
            InputError: If no cell is known, or a known score lies outside [0, 1].
        """
        values = scores[known].astype(np.float64)
        if not values.size:
            raise InputError("Calibrated weights need known cells, got none; label some images.")
        if values.min() < 0 or values.max() > 1:
            raise InputError("Calibrated weights need scores in [0, 1]: pass probabilities.")
        bins = np.minimum((values * num_bins).astype(np.int64), num_bins - 1)
        counts = np.bincount(bins, minlength=num_bins)
        present = np.bincount(bins, weights=truth[known], minlength=num_bins)
        filled = counts > 0
        return cls(
            centres=((np.arange(num_bins) + 0.5) / num_bins)[filled],
            precision=present[filled] / counts[filled],
            counts=counts[filled],
        )

    def chance(self, scores: Float[np.ndarray, "*cells"]) -> Float32[np.ndarray, "*cells"]:
        """Chance of presence at a score; constant beyond the outermost filled bins."""
        return np.interp(scores, self.centres, self.precision).astype(np.float32)

    def weights(self, proposals: Proposals) -> Float32[np.ndarray, "examples labels"]:
        """Weight of every proposal in [0, 1]; 0 where nothing is proposed."""
        chance = self.chance(proposals.scores)
        zero = np.zeros_like(chance)
        negative = np.where(proposals.states == ABSENT, 1 - chance, zero)
        return np.where(proposals.states == PRESENT, chance, negative)
