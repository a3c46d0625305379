"""One region vector a label, found by attention: the head of TRM-ML (reconstruction).

methods.md, section 1. A query of each label attends over the image's regions; the
attended region, refined by a small MLP, is compared with the label's text vector, and
with no other's ("one-to-one"):

    A_c = Σ_n α_cn F_n,  α_c = softmax_n(⟨q_c, F_n⟩)
    R_c = norm(A_c + U gelu(D (q_c + A_c)))
    logit_c = g_c · cos(R_c, T_c + δ_c) + b_c

Ours, where the description is silent: one attention head whose values are the frozen
regions, since they lie in the space of the texts; the MLP is a residual that starts at
zero and has no layer norm, as regions are standardised already; texts lose their mean
and carry a learned residual δ_c (the title says prompt tuning); each label has its own
gain and bias, so that the head starts as zero-shot on attended regions.

R is never formed for all labels: every inner product with it is one with regions,
weighted by attention, plus one with the MLP's hidden layer. That leaves batch × labels ×
(regions + bottleneck) numbers instead of batch × labels × embed.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as functional
from jaxtyping import Float, Int64
from torch import Tensor, nn

from components.models.heads.head import Head, HeadSettings
from components.models.images import Images

BOTTLENECK = 64


@dataclass(frozen=True, slots=True)
class Attended:
    """One region vector a label and image, in parts that stay small."""

    regions: Float[Tensor, "batch regions embed"]
    """Standardised."""
    weights: Float[Tensor, "batch labels regions"]
    """Attention; sums to 1 over regions."""
    hidden: Float[Tensor, "batch labels bottleneck"]
    up: Float[Tensor, "embed bottleneck"]
    length: Float[Tensor, "batch labels"]
    """Of the region vectors before they are brought to unit length."""

    def of_labels(self, labels: slice) -> "Attended":
        """Only some labels that follow each other."""
        return Attended(
            self.regions,
            self.weights[:, labels],
            self.hidden[:, labels],
            self.up,
            self.length[:, labels],
        )

    def inner(self, others: Float[Tensor, "others embed"]) -> Float[Tensor, "batch labels others"]:
        """Cosines of every label's region with every other unit vector."""
        seen = self.weights @ (self.regions @ others.T)
        refined = self.hidden @ (others @ self.up).T
        return (seen + refined) / self.length[..., None]

    def cosines(self, prompts: Float[Tensor, "labels embed"]) -> Float[Tensor, "batch labels"]:
        """Cosines of every label's region with its own prompt."""
        seen = (self.weights * (self.regions @ prompts.T).transpose(1, 2)).sum(dim=2)
        return (seen + (self.hidden * (prompts @ self.up)).sum(dim=2)) / self.length

    def vectors(
        self, rows: Int64[Tensor, " chosen"], labels: Int64[Tensor, " chosen"]
    ) -> Float[Tensor, "chosen embed"]:
        """Region vectors of chosen cells, unit length."""
        seen = (self.weights[rows, labels][:, None] @ self.regions[rows])[:, 0]
        full = seen + self.hidden[rows, labels] @ self.up.T
        return full / self.length[rows, labels][:, None]


class RegionQuery(Head):
    """Logits are gain · cos(attended region of the label, its prompt) + bias."""

    kind = "region_query"
    needs_regions = True
    text: Tensor
    centre: Tensor
    scale: Tensor

    def __init__(
        self,
        text: Float[Tensor, "labels embed"],
        query: Float[Tensor, "labels embed"],
        centre: Float[Tensor, " embed"],
        scale: Float[Tensor, ""],
    ) -> None:
        super().__init__()
        num_labels, embed_dim = text.shape
        self.register_buffer("text", text)
        self.register_buffer("centre", centre)
        self.register_buffer("scale", scale)
        self.query = nn.Parameter(query)
        self.prompt = nn.Parameter(torch.zeros_like(text))
        self.down = nn.Linear(embed_dim, BOTTLENECK)
        self.up = nn.Linear(BOTTLENECK, embed_dim, bias=False)
        nn.init.zeros_(self.up.weight)
        self.gain = nn.Parameter(torch.ones(num_labels))
        self.bias = nn.Parameter(torch.zeros(num_labels))

    def standardised(self, regions: Float[Tensor, "*any embed"]) -> Float[Tensor, "*any embed"]:
        """Regions of mean 0 and unit mean square a coordinate."""
        return (regions - self.centre) / self.scale

    def attend(self, regions: Float[Tensor, "batch regions embed"]) -> Attended:
        """The region of every label, from standardised regions."""
        weights = (regions @ self.query.T).softmax(dim=1).transpose(1, 2)
        up = self.up.weight
        hidden = functional.gelu(self.down(self.query) + weights @ (regions @ self.down.weight.T))
        square = (
            (weights * (weights @ (regions @ regions.transpose(1, 2)))).sum(dim=2)
            + 2 * (hidden * (weights @ (regions @ up))).sum(dim=2)
            + (hidden * (hidden @ (up.T @ up))).sum(dim=2)
        )
        return Attended(regions, weights, hidden, up, square.clamp(min=1e-12).sqrt())

    @property
    def prompts(self) -> Float[Tensor, "labels embed"]:
        """Text vectors with what was learned; unit length."""
        return functional.normalize(self.text + self.prompt, dim=-1)

    def logits(self, cosines: Float[Tensor, "batch labels"]) -> Float[Tensor, "batch labels"]:
        """Of regions that were attended already."""
        return self.gain * cosines + self.bias

    def forward(self, images: Images) -> Float[Tensor, "batch labels"]:
        """Logits of the attended regions."""
        attended = self.attend(self.standardised(images.required_regions()))
        return self.logits(attended.cosines(self.prompts))

    def region_scores(
        self, regions: Float[Tensor, "regions embed"], label: int
    ) -> Float[Tensor, " regions"]:
        """Where the label's query looks."""
        return self.standardised(regions) @ self.query[label]

    def settings(self) -> HeadSettings:
        """Number of labels and length of vectors."""
        return {"num_labels": self.text.shape[0], "embed_dim": self.text.shape[1]}

    @classmethod
    def empty(cls, **settings: int) -> "RegionQuery":
        """All zeros."""
        shape = (settings["num_labels"], settings["embed_dim"])
        zeros = torch.zeros(shape)
        return cls(zeros, zeros.clone(), torch.zeros(shape[1]), torch.tensor(1.0))
