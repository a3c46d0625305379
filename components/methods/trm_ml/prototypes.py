"""Category prototypes: the mean of what each label looked like, kept up to date.

methods.md, section 1, item 4: V_c ← norm(μ V_c + (1 − μ) · mean of R_bc) over the
batch's observed positives with p_bc > 0.8; V_c starts at the label's text vector.
"""

import torch
import torch.nn.functional as functional
from jaxtyping import Float, Int64
from torch import Tensor, nn

MOMENTUM = 0.99
SURE = 0.8
MIN_SEEN = 5
"""Positives that make a visual prototype usable; the text stands in for it before."""


class CategoryPrototypes(nn.Module):
    """Visual prototypes, and the moments of how near observed positives are to them."""

    text: Tensor
    visual: Tensor
    seen: Tensor
    total: Tensor
    square: Tensor
    weight: Tensor

    def __init__(self, text: Float[Tensor, "labels embed"]) -> None:
        super().__init__()
        self.register_buffer("text", text.clone())
        self.register_buffer("visual", text.clone())
        self.register_buffer("seen", torch.zeros(len(text)))
        # Running sums of 1, a and a² over observed positives, old ones fading.
        self.register_buffer("weight", torch.zeros(len(text)))
        self.register_buffer("total", torch.zeros(len(text)))
        self.register_buffer("square", torch.zeros(len(text)))

    @property
    def usable(self) -> Float[Tensor, "labels embed"]:
        """The visual prototype, or the text where too few positives were seen."""
        return torch.where((self.seen >= MIN_SEEN)[:, None], self.visual, self.text)

    @property
    def middle(self) -> Float[Tensor, "labels embed"]:
        """½(V + T): a region's cosine with both, averaged, is its inner product with this."""
        return (self.usable + self.text) / 2

    def moments(self) -> tuple[Float[Tensor, " labels"], Float[Tensor, " labels"]]:
        """Mean and spread of the similarity of observed positives with their own label.

        Labels without any take those of all labels together.
        """
        pooled = torch.stack([self.weight.sum(), self.total.sum(), self.square.sum()])
        own = torch.stack([self.weight, self.total, self.square])
        # The pooled moments count as a few imagined positives of each label.
        sums = own + MIN_SEEN * (pooled / pooled[0].clamp(min=1e-6))[:, None]
        mean = sums[1] / sums[0].clamp(min=1e-6)
        spread = (sums[2] / sums[0].clamp(min=1e-6) - mean.square()).clamp(min=1e-6).sqrt()
        return mean, spread

    @torch.no_grad()
    def update(
        self,
        vectors: Float[Tensor, "positives embed"],
        labels: Int64[Tensor, " positives"],
        probabilities: Float[Tensor, " positives"],
    ) -> None:
        """Take in the observed positives of a batch: region vectors, labels and p."""
        own = (vectors * self.middle[labels]).sum(dim=1)
        arrived = torch.zeros_like(self.weight).index_add_(0, labels, torch.ones_like(own))
        for sums, values in (
            (self.weight, torch.ones_like(own)),
            (self.total, own),
            (self.square, own.square()),
        ):
            fresh = (MOMENTUM * sums).index_add_(0, labels, values)
            sums.copy_(torch.where(arrived > 0, fresh, sums))
        sure = probabilities > SURE
        count = torch.zeros_like(self.seen).index_add_(
            0, labels[sure], own.new_ones(int(sure.sum()))
        )
        total = torch.zeros_like(self.visual).index_add_(0, labels[sure], vectors[sure])
        mean = total / count.clamp(min=1)[:, None]
        moved = functional.normalize(MOMENTUM * self.visual + (1 - MOMENTUM) * mean, dim=-1)
        self.visual.copy_(torch.where((count > 0)[:, None], moved, self.visual))
        self.seen += count
