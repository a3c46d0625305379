"""Label-specific evidence pooled over regions: the head of CSA (reconstruction).

methods.md, section 2. A semantic prompt s_k of each label says where to look, a class
prompt t_k what to find there:

    α_kn = softmax_n(⟨l_n, s_k⟩)      v_k = Σ_n α_kn l_n      logit_k = ⟨v_k, t_k⟩ + b_k

Ours: prompts are residual vectors on the frozen text vectors, their lengths standing for
1/τ_a and 1/τ; regions are standardised, since all regions share one direction that no
prompt should have to spell out.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from components.models.heads.head import Head, HeadSettings
from components.models.images import Images


class EvidencePool(Head):
    """Logits from regions weighed by where each label is looked for."""

    kind = "evidence_pool"
    needs_regions = True
    centre: Tensor
    scale: Tensor

    def __init__(
        self,
        where: Float[Tensor, "labels embed"],
        what: Float[Tensor, "labels embed"],
        bias: Float[Tensor, " labels"],
        centre: Float[Tensor, " embed"],
        scale: Float[Tensor, ""],
    ) -> None:
        super().__init__()
        self.register_buffer("centre", centre)
        self.register_buffer("scale", scale)
        self.where = nn.Parameter(where)
        self.what = nn.Parameter(what)
        self.bias = nn.Parameter(bias)

    def forward(self, images: Images) -> Float[Tensor, "batch labels"]:
        """⟨v_k, t_k⟩ + b_k, without forming v."""
        regions = self.standardised(images.required_regions())
        weights = (regions @ self.where.T).softmax(dim=1)
        return (weights * (regions @ self.what.T)).sum(dim=1) + self.bias

    def standardised(self, regions: Float[Tensor, "*any embed"]) -> Float[Tensor, "*any embed"]:
        """Regions of mean 0 and unit mean square a coordinate."""
        return (regions - self.centre) / self.scale

    def region_scores(
        self, regions: Float[Tensor, "regions embed"], label: int
    ) -> Float[Tensor, " regions"]:
        """How well each region fits the semantic prompt."""
        return self.standardised(regions) @ self.where[label]

    def settings(self) -> HeadSettings:
        """Number of labels and length of vectors."""
        return {"num_labels": self.what.shape[0], "embed_dim": self.what.shape[1]}

    @classmethod
    def empty(cls, **settings: int) -> "EvidencePool":
        """All zeros."""
        shape = (settings["num_labels"], settings["embed_dim"])
        return cls(
            torch.zeros(shape),
            torch.zeros(shape),
            torch.zeros(shape[0]),
            torch.zeros(shape[1]),
            torch.tensor(1.0),
        )
