"""Low-rank updates of frozen weights (LoRA).

Hu et al., "LoRA: Low-Rank Adaptation of Large Language Models" (arXiv 2106.09685),
section 4.1: a weight W is frozen and used as W + (α / r) · B·A, where A (r × in) starts
random and B (out × r) at zero, so that nothing changes before the first step. Weights of
more than two axes, as of convolutions, are read as matrices out × rest.

Ours, since ``peft`` (0.21) reaches ``in_proj_weight`` but refuses depthwise convolutions,
of which the ``conse`` encoder's tower is full, and cannot merge into any grouped one.
"""

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.utils import parametrize

_WEIGHTS = ("weight", "in_proj_weight")
"""Of linear layers and convolutions, and of attention's queries, keys and values."""


class LowRankUpdate(nn.Module):
    """What is added to one weight."""

    def __init__(self, weight: Tensor, rank: int, alpha: float) -> None:
        super().__init__()
        num_out, num_in = len(weight), weight[0].numel()
        self.down = nn.Parameter(torch.empty(rank, num_in))
        self.up = nn.Parameter(torch.zeros(num_out, rank))
        self.scale = alpha / rank
        nn.init.kaiming_uniform_(self.down, a=math.sqrt(5))

    def forward(self, weight: Float[Tensor, "out ..."]) -> Float[Tensor, "out ..."]:
        """The weight with its update."""
        return weight + self.scale * (self.up @ self.down).view_as(weight).to(weight.dtype)


def add_low_rank(module: nn.Module, *, rank: int, alpha: float) -> int:
    """Freeze a module and give its matrices low-rank updates that train.

    Matrices whose shorter side is not above ``rank`` stay frozen: nothing would be saved.

    Returns:
        How many matrices got an update.
    """
    module.requires_grad_(requires_grad=False)
    chosen = [
        (part, name)
        for part in module.modules()
        if not isinstance(part, nn.Embedding)
        for name, weight in part.named_parameters(recurse=False)
        if name in _WEIGHTS and weight.ndim >= 2 and min(len(weight), weight[0].numel()) > rank
    ]
    for part, name in chosen:
        update = LowRankUpdate(getattr(part, name), rank, alpha)
        parametrize.register_parametrization(part, name, update)
    return len(chosen)


def merged_state(module: nn.Module) -> dict[str, Tensor]:
    """The state dict that a module without updates needs to give the same results."""
    state = {
        name: value
        for name, value in module.state_dict().items()
        if ".parametrizations." not in f".{name}"
    }
    for prefix, part in module.named_modules():
        updated = getattr(part, "parametrizations", None)
        if isinstance(updated, nn.ModuleDict):
            for name in updated:
                state[f"{prefix}.{name}".lstrip(".")] = getattr(part, name).detach()
    return state
