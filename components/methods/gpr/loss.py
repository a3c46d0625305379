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

from dataclasses import dataclass

import torch
import torch.nn.functional as functional
from jaxtyping import Float, Int8
from torch import Tensor

from components.labels.states import ABSENT, PRESENT, UNKNOWN
from components.losses.cells import cells


@dataclass(frozen=True, kw_only=True, slots=True)
class Belief:
    """K and V at one moment of training."""

    slope: float
    """w of K."""
    offset: float
    """b of K."""
    centre: float
    """μ of V."""
    width: float
    """σ of V; above 0."""

    def __post_init__(self) -> None:
        if self.width <= 0:
            raise ValueError(f"width must be above 0, got {self.width}")

    def chance(self, probabilities: Float[Tensor, "batch labels"]) -> Float[Tensor, "batch labels"]:
        """K, in (0, 1)."""
        return torch.sigmoid(self.slope * probabilities + self.offset)

    def weight(self, probabilities: Float[Tensor, "batch labels"]) -> Float[Tensor, "batch labels"]:
        """V, in (0, 1]."""
        return torch.exp(-0.5 * ((probabilities - self.centre) / self.width) ** 2)


@dataclass(frozen=True, kw_only=True, slots=True)
class Annealing:
    """First and last K and V; the defaults are the published ones for COCO."""

    first: Belief = Belief(slope=0.0, offset=-2.0, centre=0.5, width=2.0)
    last: Belief = Belief(slope=10.0, offset=-8.0, centre=0.8, width=0.5)

    def at(self, epoch: int, epochs: int) -> Belief:
        """After ``epoch`` finished epochs of ``epochs``; later ones change nothing."""
        finished = min(epoch / epochs, 1.0)
        running = min((epoch + 1) / epochs, 1.0)
        first, last = self.first, self.last
        return Belief(
            slope=_between(first.slope, last.slope, finished),
            offset=_between(first.offset, last.offset, finished),
            centre=_between(first.centre, last.centre, running),
            width=_between(first.width, last.width, running),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class GPRLoss:
    """Settings of the loss of single cells; the defaults are the published ones."""

    q_present: float = 0.01
    """q2, above 0; near 0 it is −log p, at 1 it is 1 − p."""
    q_absent: float = 1.0
    """q3, above 0."""
    least_trust: float = 0.5
    """λ2, the least weight of a pseudo-positive; in [0, most_trust]."""
    most_trust: float = 0.7
    """λ1, the greatest."""
    smoothing: float = 0.9
    """ρ, the target of a pseudo-positive; in (0.5, 1]."""

    def __post_init__(self) -> None:
        if min(self.q_present, self.q_absent) <= 0:
            raise ValueError("q_present and q_absent must be above 0")
        if not 0 <= self.least_trust <= self.most_trust <= 1:
            raise ValueError("0 <= least_trust <= most_trust <= 1 must hold")
        if not 0.5 < self.smoothing <= 1:
            raise ValueError(f"smoothing must be in (0.5, 1], got {self.smoothing}")

    def __call__(
        self,
        logits: Float[Tensor, "batch labels"],
        states: Int8[Tensor, "batch labels"],
        proposals: Int8[Tensor, "batch labels"],
        weights: Float[Tensor, "batch labels"],
        belief: Belief,
        judged: Float[Tensor, "batch labels"] | None = None,
    ) -> Float[Tensor, "batch labels"]:
        """Loss of every cell, in nats where it is a logarithm; at least 0.

        Args:
            logits: Of the batch.
            states: Known cells.
            proposals: Count where nothing is known.
            weights: How much each proposal counts, in [0, 1], beside its trust.
            belief: K and V now.
            judged: Probabilities that K and V read; those of ``logits`` by default.
        """
        judged = (torch.sigmoid(logits) if judged is None else judged).detach()
        chance, weight = belief.chance(judged), belief.weight(judged)
        present, absent = -functional.logsigmoid(logits), -functional.logsigmoid(-logits)
        proposals = torch.where(states == UNKNOWN, proposals, UNKNOWN)
        untouched = cells(states, UNKNOWN, logits) * cells(proposals, UNKNOWN, logits)
        unsure = chance * robust(present, self.q_present) + (1 - chance) * robust(
            absent, self.q_absent
        )
        trust = (1 - weight).clamp(self.least_trust, self.most_trust)
        smoothed = self.smoothing * present + (1 - self.smoothing) * absent
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


def _between(first: float, last: float, share: float) -> float:
    return first + (last - first) * share
