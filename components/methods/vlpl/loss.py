"""VLPL's loss of cells, as in the released code (arXiv 2310.15985).

    observed positive   ℓ(p)
    pseudo-positive     β · (s·ℓ(p) + (1−s)·ℓ(1−p)),  s = 0.9
    unknown             −α · H(p): uncertainty is rewarded
    pseudo-negative     β₋ · ((1−s)·ℓ(p) + s·ℓ(1−p)); off in the released recipe

with ℓ(x) = −log(x + 1e−5), divided by the number of cells. Ours, for label
situations the paper does not have: an observed negative costs ℓ(1−p).
"""

import torch
from jaxtyping import Float, Int8
from torch import Tensor

from components.labels.states import ABSENT, PRESENT, UNKNOWN
from components.losses.cells import cells, entropy, smoothed, surprise
from components.methods.vlpl.settings import VLPLSettings


def cell_losses(
    settings: VLPLSettings,
    logits: Float[Tensor, "batch labels"],
    states: Int8[Tensor, "batch labels"],
    proposals: Int8[Tensor, "batch labels"],
    weights: Float[Tensor, "batch labels"] | None = None,
) -> Float[Tensor, "batch labels"]:
    """The loss of each cell; the entropy reward makes some negative.

    Args:
        settings: Weights of the terms.
        logits: Of the batch.
        states: Known cells.
        proposals: Count where nothing is known.
        weights: How much each proposal counts, in [0, 1]; fully where None.
    """
    weights = torch.ones_like(logits) if weights is None else weights
    probabilities = torch.sigmoid(logits)
    proposals = torch.where(states == UNKNOWN, proposals, UNKNOWN)
    untouched = cells(states, UNKNOWN, logits) * cells(proposals, UNKNOWN, logits)
    return (
        cells(states, PRESENT, logits) * surprise(probabilities)
        + cells(states, ABSENT, logits) * surprise(1 - probabilities)
        + settings.beta
        * weights
        * cells(proposals, PRESENT, logits)
        * smoothed(probabilities, settings.smoothing)
        + settings.beta_negative
        * weights
        * cells(proposals, ABSENT, logits)
        * smoothed(probabilities, 1 - settings.smoothing)
        - settings.alpha * untouched * entropy(probabilities)
    )
