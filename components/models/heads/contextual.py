"""Labels read in their contexts: the head of CSA (reconstruction).

methods.md, section 2. Contexts, groups g of labels, are recognised in the whole image,

    h_g = MLP(f)_g + γ⟨f, mean of t_k over k in g⟩ + b_g,

as an auxiliary task. The description trains it on shared features; where these are
frozen it could teach labels nothing. Ours: what is recognised is passed on,

    logit_k += a · h_g  for k in g,   a ≥ 0, at the start 0.

Labels do not teach h (the sum reads it detached), so a context can only pass on that one
of its labels is likely there; a is no parameter but measured (components/methods/csa/
feedback.py). f is standardised, and texts lose their mean.
"""

from typing import NamedTuple, cast

import torch
import torch.nn.functional as functional
from jaxtyping import Float, Int64
from torch import Tensor, nn

from components.models.heads.evidence_pool import EvidencePool
from components.models.heads.head import Head, HeadSettings
from components.models.heads.summed import SummedHead
from components.models.images import Images


class Readings(NamedTuple):
    """Logits of labels, contexts taken in, and of contexts."""

    labels: Float[Tensor, "batch labels"]
    contexts: Float[Tensor, "batch groups"]


class ContextReader(nn.Module):
    """Logits of contexts, from the vector of the whole image."""

    groups: Tensor
    text: Tensor
    centre: Tensor
    scale: Tensor

    def __init__(
        self,
        groups: Int64[Tensor, " labels"],
        text: Float[Tensor, "groups embed"],
        centre: Float[Tensor, " embed"],
        scale: Float[Tensor, ""],
        hidden: int,
    ) -> None:
        """The MLP's last layer, γ and the bias are 0.

        Args:
            groups: Of each label.
            text: Mean text of each group.
            centre: Of image vectors.
            scale: Likewise.
            hidden: Width of the MLP.
        """
        super().__init__()
        self.register_buffer("groups", groups)
        self.register_buffer("text", text)
        self.register_buffer("centre", centre)
        self.register_buffer("scale", scale)
        self.down = nn.Linear(text.shape[1], hidden)
        self.up = nn.Linear(hidden, text.shape[0])
        nn.init.zeros_(self.up.weight)
        nn.init.zeros_(self.up.bias)
        self.gamma = nn.Parameter(torch.zeros(()))

    def forward(self, vectors: Float[Tensor, "batch embed"]) -> Float[Tensor, "batch groups"]:
        """H."""
        standard = (vectors - self.centre) / self.scale
        learned = self.up(functional.gelu(self.down(standard)))
        return learned + self.gamma * (standard @ self.text.T)


class ContextualHead(Head):
    """Logits of an evidence pool, alone or with the whole image, moved by contexts."""

    kind = "contextual"
    needs_regions = True
    feedback: Tensor

    def __init__(self, reading: EvidencePool | SummedHead, contexts: ContextReader) -> None:
        super().__init__()
        self.reading = reading
        self.contexts = contexts
        self.register_buffer("feedback", torch.zeros(()))

    @property
    def pool(self) -> EvidencePool:
        """What reads regions."""
        return self.reading.pool if isinstance(self.reading, SummedHead) else self.reading

    def forward(self, images: Images) -> Float[Tensor, "batch labels"]:
        """Logits of labels."""
        return self.read(images).labels

    def read(self, images: Images) -> Readings:
        """Logits of labels and of contexts."""
        contexts = self.contexts(images.vectors)
        moved = (self.feedback * contexts.detach())[:, self.contexts.groups]
        return Readings(cast(Tensor, self.reading(images)) + moved, contexts)

    def region_scores(
        self, regions: Float[Tensor, "regions embed"], label: int
    ) -> Float[Tensor, " regions"]:
        """Where the label's semantic prompt looks."""
        return self.pool.region_scores(regions, label)

    def settings(self) -> HeadSettings:
        """Number of labels and of groups, length of vectors, width of the MLP."""
        return {
            **self.reading.settings(),
            "num_groups": len(self.contexts.text),
            "hidden": self.contexts.down.out_features,
            "whole": isinstance(self.reading, SummedHead),
        }

    @classmethod
    def empty(cls, **settings: int) -> "ContextualHead":
        """All of it still to be loaded."""
        shape = {name: settings[name] for name in ("num_labels", "embed_dim")}
        reading = SummedHead.empty(**shape) if settings["whole"] else EvidencePool.empty(**shape)
        contexts = ContextReader(
            torch.zeros(shape["num_labels"], dtype=torch.int64),
            torch.zeros(settings["num_groups"], shape["embed_dim"]),
            torch.zeros(shape["embed_dim"]),
            torch.tensor(1.0),
            settings["hidden"],
        )
        return cls(reading, contexts)
