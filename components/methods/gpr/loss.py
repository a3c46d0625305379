"""GPR: an unknown cell is believed present as far as its own probability says so.

Source: the loss of AEVLP (ICCV 2025), repository Fsoft-AIC/AEVLP, which adds pseudo-labels
and a regulariser to the generalised robust loss of Chen et al., "Boosting Single Positive
Multi-label Classification with Generalized Robust Loss" (repository yan4xi1/GRLoss). Read
in their code; neither paper could be read. With p the probability of a cell:

    observed positive   −log p
    unknown             V · [K · (1 − p^q2)/q2 + (1 − K) · (1 − (1 − p)^q3)/q3]
    pseudo-positive     clip(1 − V, λ2, λ1) · [ρ · −log p + (1 − ρ) · −log(1 − p)]
    pseudo-negative     V · −log(1 − p)
    regulariser         (mean over images of Σ p − n̄)² / C²

    K = σ(w·p + b)                 chance that an unknown cell is a missed positive
    V = exp(−½ ((p − μ)/σ)²)       how much an unknown cell teaches

K and V pass no gradient. They move with training, linearly from a first to a last value,
as in both repositories: K has the share of epochs that are finished, V also counts the one
that runs, so that K never quite arrives. λ stays as it is.

Ours: an observed absence costs −log(1 − p) in full (the code, made for single positives,
has none, and would weigh one by V); logarithms and powers are taken of the logit, which is
exact at both ends, where the code adds 1e−7. In the repository pseudo-negatives are written
as unknown, so that their line is never reached there.
"""

import torch
import torch.nn.functional as functional
from jaxtyping import Float, Int8
from torch import Tensor

from components.labels.states import ABSENT, PRESENT, UNKNOWN
from components.losses.cells import cells
from components.methods.gpr.settings import Belief, CellSettings


def chance_of(
    belief: Belief, probabilities: Float[Tensor, "batch labels"]
) -> Float[Tensor, "batch labels"]:
    """K, in (0, 1)."""
    return torch.sigmoid(belief.slope * probabilities + belief.offset)


def weight_of(
    belief: Belief, probabilities: Float[Tensor, "batch labels"]
) -> Float[Tensor, "batch labels"]:
    """V, in (0, 1]."""
    return torch.exp(-0.5 * ((probabilities - belief.centre) / belief.width) ** 2)


def cell_losses(
    settings: CellSettings,
    logits: Float[Tensor, "batch labels"],
    states: Int8[Tensor, "batch labels"],
    proposals: Int8[Tensor, "batch labels"],
    weights: Float[Tensor, "batch labels"],
    belief: Belief,
    judged: Float[Tensor, "batch labels"] | None = None,
) -> Float[Tensor, "batch labels"]:
    """Loss of every cell, in nats where it is a logarithm; at least 0.

    Args:
        settings: Of the loss.
        logits: Of the batch.
        states: Known cells.
        proposals: Count where nothing is known.
        weights: How much each proposal counts, in [0, 1], beside its trust.
        belief: K and V now.
        judged: Probabilities that K and V read; those of ``logits`` by default.
    """
    judged = (torch.sigmoid(logits) if judged is None else judged).detach()
    chance, weight = chance_of(belief, judged), weight_of(belief, judged)
    present, absent = -functional.logsigmoid(logits), -functional.logsigmoid(-logits)
    proposals = torch.where(states == UNKNOWN, proposals, UNKNOWN)
    untouched = cells(states, UNKNOWN, logits) * cells(proposals, UNKNOWN, logits)
    unsure = chance * robust(present, settings.q_present) + (1 - chance) * robust(
        absent, settings.q_absent
    )
    trust = (1 - weight).clamp(settings.least_trust, settings.most_trust)
    smoothed = settings.smoothing * present + (1 - settings.smoothing) * absent
    return (
        cells(states, PRESENT, logits) * present
        + cells(states, ABSENT, logits) * absent
        + untouched * weight * unsure
        + weights * cells(proposals, PRESENT, logits) * trust * smoothed
        + weights * cells(proposals, ABSENT, logits) * weight * absent
    )


def robust(surprise: Float[Tensor, "batch labels"], q: float) -> Float[Tensor, "batch labels"]:
    """(1 − p^q)/q of −log p: the logarithm near q = 0, bounded by 1/q.

    Source: Zhang and Sabuncu, "Generalized Cross Entropy Loss for Training Deep Neural
    Networks with Noisy Labels" (NeurIPS 2018), equation 6.
    """
    return -torch.expm1(-q * surprise) / q


def expected_positives_gap(
    logits: Float[Tensor, "batch labels"], expected: float
) -> Float[Tensor, ""]:
    """(Mean number of labels that the images get − expected number)² / labels²."""
    number = torch.sigmoid(logits).sum(dim=1).mean()
    return ((number - expected) / logits.shape[1]) ** 2
