"""Losses of single cells, each an examples × labels matrix in nats, and their mean.

A cell loss never reduces: the mean over the cells that took part comes last, so that
losses can be read, weighted and compared cell by cell.
"""

import torch
import torch.nn.functional as functional
from jaxtyping import Float, Int8
from torch import Tensor

LOG_FLOOR = 1e-5
"""Added inside logarithms by the released code of VLPL (methods.md, section 3)."""


def binary_cross_entropy(
    logits: Float[Tensor, "batch labels"], targets: Float[Tensor, "batch labels"]
) -> Float[Tensor, "batch labels"]:
    """Cross-entropy of each cell against a target in [0, 1].

    Example:
        >>> binary_cross_entropy(torch.zeros(1, 1), torch.ones(1, 1))
        tensor([[0.6931]])
    """
    return functional.binary_cross_entropy_with_logits(logits, targets, reduction="none")


def entropy(probabilities: Float[Tensor, "batch labels"]) -> Float[Tensor, "batch labels"]:
    """Entropy of each cell's two outcomes, with VLPL's floor inside the logarithm."""
    return probabilities * surprise(probabilities) + (1 - probabilities) * surprise(
        1 - probabilities
    )


def surprise(probabilities: Float[Tensor, "batch labels"]) -> Float[Tensor, "batch labels"]:
    """ℓ(p) = −log(p + 1e−5)."""
    return -torch.log(probabilities + LOG_FLOOR)


def smoothed(
    probabilities: Float[Tensor, "batch labels"], target: float
) -> Float[Tensor, "batch labels"]:
    """Target · ℓ(p) + (1 − target) · ℓ(1 − p)."""
    return target * surprise(probabilities) + (1 - target) * surprise(1 - probabilities)


def cells(
    states: Int8[Tensor, "batch labels"], state: int, like: Tensor
) -> Float[Tensor, "batch labels"]:
    """1 where a cell has ``state``, else 0, in the type of ``like``."""
    return (states == state).to(like.dtype)


def weighted_mean(
    each: Float[Tensor, "batch labels"], weight: Float[Tensor, "batch labels"]
) -> Float[Tensor, ""]:
    """Σ weight · loss ÷ number of cells with a weight above 0; 0 if there is none.

    Divided by the number and not by the sum of the weights, so that little trust in
    all proposals means a small loss.
    """
    taking_part = (weight > 0).sum().clamp(min=1)
    return (weight * each).sum() / taking_part
