"""How much a pseudo-label counts.

``uniform`` 1; ``confidence`` |2p − 1|; ``calibrated`` as often as such pseudo-labels
have proved right on labelled images kept apart (DiCaP; components/labelers/
calibrated_weight.py), which needs known positives and known negatives there.
"""

import numpy as np
import torch
from jaxtyping import Bool, Float, Float32
from torch import Tensor, nn

from components.labelers.calibrated_weight import CalibratedWeight
from components.methods.csa.settings import Weighting

NUM_BINS = 20


class TrustCurve(nn.Module):
    """Share of present cells at each score; says the score itself until it is fitted."""

    chances: Tensor
    fitted: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("chances", torch.zeros(NUM_BINS))
        self.register_buffer("fitted", torch.tensor(False))

    def fit(
        self,
        scores: Float32[np.ndarray, "examples labels"],
        truth: Bool[np.ndarray, "examples labels"],
        known: Bool[np.ndarray, "examples labels"],
    ) -> None:
        """Measure it, if both present and absent cells are known; else leave it as it is."""
        if not (truth & known).any() or not (~truth & known).any():
            return
        found = CalibratedWeight.fit(scores, truth, known, num_bins=NUM_BINS)
        centres = (np.arange(NUM_BINS) + 0.5) / NUM_BINS
        # Bridged here: between these centres it is the same broken line.
        self.chances.copy_(torch.from_numpy(found.chance(centres)))
        self.fitted.fill_(True)

    def forward(self, scores: Float[Tensor, "batch labels"]) -> Float[Tensor, "batch labels"]:
        """Chance of presence of each cell."""
        if not self.fitted:
            return scores
        place = (scores * NUM_BINS - 0.5).clamp(0, NUM_BINS - 1)
        low = place.floor().long().clamp(max=NUM_BINS - 2)
        chances = self.chances.to(scores.dtype)
        return torch.lerp(chances[low], chances[low + 1], place - low)


def pseudo_weights(
    weighting: Weighting,
    scores: Float[Tensor, "batch labels"],
    present: Bool[Tensor, "batch labels"],
    curve: TrustCurve,
) -> Float[Tensor, "batch labels"]:
    """Weight in [0, 1] of each pseudo-label; 1 for calibrated ones without a curve."""
    if weighting == "confidence":
        return (2 * scores - 1).abs()
    if weighting == "uniform" or not curve.fitted:
        return torch.ones_like(scores)
    chance = curve(scores)
    return torch.where(present, chance, 1 - chance)
