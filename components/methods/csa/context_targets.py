"""What contexts are taught: whether any label of a group is in the image.

methods.md, section 2: c_ig = 1 iff some label of group g is known to be present; where
that is unknown, noisy-or over the group, 1 − Π(1 − p_k), with the teacher's chances.
Here both are one: a known cell has the chance 1 or 0, an unknown one the teacher's.
"""

import torch
from jaxtyping import Float, Int8, Int64
from torch import Tensor

from components.labels.states import PRESENT, UNKNOWN


def noisy_or(
    chances: Float[Tensor, "batch labels"], groups: Int64[Tensor, " labels"], num_groups: int
) -> Float[Tensor, "batch groups"]:
    """1 − Π(1 − p_k) over each group's labels, multiplied as a sum of logarithms."""
    absent = torch.log1p(-chances.clamp(max=1 - 1e-6))
    summed = chances.new_zeros(len(chances), num_groups).index_add_(1, groups, absent)
    return -torch.expm1(summed)


def known_contexts(
    states: Int8[Tensor, "batch labels"], groups: Int64[Tensor, " labels"], num_groups: int
) -> Int8[Tensor, "batch groups"]:
    """+1 with a present label, −1 with absent ones only, 0 where that is unknown."""

    def count(state: int) -> Tensor:
        found = torch.zeros(len(states), num_groups, dtype=torch.int64, device=states.device)
        return found.index_add_(1, groups, (states == state).long())

    present = (count(PRESENT) > 0).to(torch.int8)
    settled = present.bool() | (count(UNKNOWN) == 0)
    return torch.where(settled, 2 * present - 1, 0).to(torch.int8)


def believed_contexts(
    states: Int8[Tensor, "batch labels"],
    chances: Float[Tensor, "batch labels"],
    groups: Int64[Tensor, " labels"],
    num_groups: int,
) -> Float[Tensor, "batch groups"]:
    """Chance of each context, from known cells and, where unknown, the teacher's chances."""
    known = (states == PRESENT).to(chances.dtype)
    return noisy_or(torch.where(states == UNKNOWN, chances, known), groups, num_groups)
