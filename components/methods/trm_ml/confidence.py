"""How surely an unknown label is present, by relations within and between categories.

methods.md, section 1, item 5 (reconstruction):

    a_bc = ½(⟨R_bc, V_c⟩ + ⟨R_bc, T_c⟩)                               within
    e_bc = softmax_c'(½(⟨R_bc, V_c'⟩ + ⟨R_bc, T_c'⟩) / τ_p)_c          between
    u_bc = e_bc · σ((a_bc − ā_c) / σ_c)

u ≥ θ₊ proposes the label, u ≤ θ₋ its absence, anything between is left out.
"""

import torch
from jaxtyping import Float, Int8
from torch import Tensor

from components.labels.states import ABSENT, PRESENT, UNKNOWN


def confidence(
    similarity: Float[Tensor, "batch labels others"],
    mean: Float[Tensor, " labels"],
    spread: Float[Tensor, " labels"],
    temperature: float,
    first: int = 0,
) -> Float[Tensor, "batch labels"]:
    """Confidence in [0, 1], of all labels or of some that follow each other.

    Args:
        similarity: Of each label's region with every label's prototypes.
        mean: Of the similarity of observed positives with their own label.
        spread: Its standard deviation; above 0.
        temperature: τ_p; above 0.
        first: Which of the others the first label is itself.
    """
    within = torch.diagonal(similarity, offset=first, dim1=1, dim2=2)
    between = (similarity / temperature).softmax(dim=2).diagonal(offset=first, dim1=1, dim2=2)
    return between * torch.sigmoid((within - mean) / spread)


def proposed(
    sureness: Float[Tensor, "batch labels"],
    states: Int8[Tensor, "batch labels"],
    theta: float,
    theta_negative: float,
) -> Int8[Tensor, "batch labels"]:
    """States for unknown cells, 0 where nothing is sure enough."""
    found = (sureness >= theta).to(torch.int8) * PRESENT
    found += (sureness <= theta_negative).to(torch.int8) * ABSENT
    return torch.where(states == UNKNOWN, found, torch.zeros_like(found))
