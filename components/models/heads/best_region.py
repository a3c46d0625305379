"""The whole image plus the region that speaks most for a label (ours).

    logit_k = max_n ⟨l_n, r_k⟩ + ⟨f, w_k⟩ + b_k

Where a reading is standardised, its scale is part of r or w and its mean part of b. A
positive scale passes through the maximum, so nothing more has to be kept.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from components.models.heads.head import Head, HeadSettings
from components.models.images import Images


class BestRegionHead(Head):
    """Logits are the best region's score, the whole image's, and a bias."""

    kind = "best_region"
    needs_regions = True
    region: Tensor
    whole: Tensor
    bias: Tensor

    def __init__(
        self,
        region: Float[Tensor, "labels embed"],
        whole: Float[Tensor, "labels embed"],
        bias: Float[Tensor, " labels"],
    ) -> None:
        super().__init__()
        self.register_buffer("region", region)
        self.register_buffer("whole", whole)
        self.register_buffer("bias", bias)

    def forward(self, images: Images) -> Float[Tensor, "batch labels"]:
        """Both readings."""
        best = (images.required_regions() @ self.region.T).amax(dim=1)
        return best + images.vectors @ self.whole.T + self.bias

    def region_scores(
        self, regions: Float[Tensor, "regions embed"], label: int
    ) -> Float[Tensor, " regions"]:
        """What the maximum is taken of."""
        return regions @ self.region[label]

    def settings(self) -> HeadSettings:
        """Number of labels and length of vectors."""
        return {"num_labels": self.region.shape[0], "embed_dim": self.region.shape[1]}

    @classmethod
    def empty(cls, **settings: int) -> "BestRegionHead":
        """All zeros."""
        shape = (settings["num_labels"], settings["embed_dim"])
        return cls(torch.zeros(shape), torch.zeros(shape), torch.zeros(shape[0]))
