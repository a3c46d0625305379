"""One region vector a label, found by attention: the head of TRM-ML (reconstruction).

methods.md, section 1. A query vector of each label attends over the image's regions; the
attended region, refined by a small MLP, is compared with the label's text vector, and
with nothing else ("one-to-one").

Ours, where the description is silent: one attention head whose values are the frozen
region vectors themselves, since they lie in the space of the texts; the MLP is a
residual that starts at zero; regions and texts lose their mean; each label has its own
gain and bias, so that the head starts as zero-shot on attended regions.
"""

from dataclasses import dataclass
from typing import Self

import torch
import torch.nn.functional as functional
from jaxtyping import Float
from torch import Tensor, nn

from components.models.heads.head import Head, HeadSettings
from components.models.images import Images

BOTTLENECK = 64


@dataclass(frozen=True, slots=True)
class Attended:
    """One region vector a label and image, and the cosines with the text vectors."""

    vectors: Float[Tensor, "batch labels embed"]
    """Unit length."""
    cosines: Float[Tensor, "batch labels"]


class RegionQuery(Head):
    """Logits are gain · cos(attended region of the label, its text) + bias."""

    kind = "region_query"
    needs_regions = True
    text: Tensor
    centre: Tensor

    def __init__(
        self,
        text: Float[Tensor, "labels embed"],
        centre: Float[Tensor, " embed"],
        attention_temperature: float,
    ) -> None:
        super().__init__()
        num_labels, embed_dim = text.shape
        self.register_buffer("text", text)
        self.register_buffer("centre", centre)
        self.query = nn.Parameter(text.clone())
        self.sharpness = nn.Parameter(torch.tensor(1 / attention_temperature).log())
        self.norm = nn.LayerNorm(embed_dim)
        self.down = nn.Linear(embed_dim, BOTTLENECK)
        self.up = nn.Linear(BOTTLENECK, embed_dim)
        nn.init.zeros_(self.up.weight)
        nn.init.zeros_(self.up.bias)
        self.gain = nn.Parameter(torch.ones(num_labels))
        self.bias = nn.Parameter(torch.zeros(num_labels))

    def attention_logits(
        self, regions: Float[Tensor, "batch regions embed"]
    ) -> Float[Tensor, "batch labels regions"]:
        """Before the softmax over regions."""
        return self.sharpness.exp() * self.query @ self.centred(regions).transpose(1, 2)

    def centred(
        self, regions: Float[Tensor, "batch regions embed"]
    ) -> Float[Tensor, "batch regions embed"]:
        """Regions without what all regions share, of unit length."""
        return functional.normalize(regions - self.centre, dim=-1)

    def attend(self, images: Images) -> Attended:
        """The region of every label."""
        regions = images.required_regions()
        weights = self.attention_logits(regions).softmax(dim=-1)
        seen = weights @ self.centred(regions)
        refined = seen + self.up(functional.gelu(self.down(self.norm(self.query + seen))))
        vectors = functional.normalize(refined, dim=-1)
        return Attended(vectors, (vectors * self.text).sum(dim=-1))

    def forward(self, images: Images) -> Float[Tensor, "batch labels"]:
        """Logits of the attended regions."""
        return self.gain * self.attend(images).cosines + self.bias

    def region_scores(
        self, regions: Float[Tensor, "regions embed"], label: int
    ) -> Float[Tensor, " regions"]:
        """Where the label's query looks."""
        return self.attention_logits(regions[None])[0, label]

    def settings(self) -> HeadSettings:
        """Number of labels and length of vectors."""
        return {"num_labels": self.text.shape[0], "embed_dim": self.text.shape[1]}

    @classmethod
    def empty(cls, **settings: int) -> Self:
        """All zeros."""
        shape = (settings["num_labels"], settings["embed_dim"])
        return cls(torch.zeros(shape), torch.zeros(shape[1]), 1.0)
