"""Mean of cell losses over the cells that take part."""

from jaxtyping import Float
from torch import Tensor


def weighted_mean(
    each: Float[Tensor, "batch labels"], weight: Float[Tensor, "batch labels"]
) -> Float[Tensor, ""]:
    """Σ weight · loss ÷ number of cells with a weight above 0; 0 if there is none.

    Divided by the number and not by the sum of the weights, so that little trust in
    all proposals means a small loss.
    """
    taking_part = (weight > 0).sum().clamp(min=1)
    return (weight * each).sum() / taking_part
