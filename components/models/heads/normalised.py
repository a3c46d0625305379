"""Cosines with the label names, standardised over names and over images (SPARC, "normalise only").

SPARC (CVPR 2025) brings the cosines of an image with all names to mean 0 and deviation 1,
since some pictures lie close to every sentence; then those of each name over all images,
since some sentences lie close to every picture. The second step needs other images: their
means and deviations are kept here, so that one picture alone can be scored.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from components.models.heads.head import Head, HeadSettings
from components.models.images import Images

LEAST_DEVIATION = 1e-6
"""Of cosines; anything smaller is rounding, and is not blown up."""


class NormalisedHead(Head):
    """Logits are deviations of an image from others, in the name's own standard deviations."""

    kind = "normalised"
    text: Tensor
    mean: Tensor
    deviation: Tensor

    def __init__(
        self,
        text: Float[Tensor, "labels embed"],
        mean: Float[Tensor, " labels"],
        deviation: Float[Tensor, " labels"],
        *,
        over_names: bool,
    ) -> None:
        """A head that leaves scores as they are after the first step: mean 0, deviation 1.

        Args:
            text: Unit vector of each name.
            mean: Of each name's scores over other images, after the first step.
            deviation: Likewise; above 0.
            over_names: Whether the first step is taken; with few names it would leave little.
        """
        super().__init__()
        self.over_names = over_names
        self.register_buffer("text", text)
        self.register_buffer("mean", mean)
        self.register_buffer("deviation", deviation)

    def forward(self, images: Images) -> Float[Tensor, "batch labels"]:
        """Both steps."""
        return (self.compared(images.vectors) - self.mean) / self.deviation

    def compared(self, vectors: Float[Tensor, "batch embed"]) -> Float[Tensor, "batch labels"]:
        """Cosines after the first step, which looks at one image alone."""
        cosines = vectors @ self.text.T
        if not self.over_names:
            return cosines
        apart = cosines - cosines.mean(dim=1, keepdim=True)
        deviation = apart.square().mean(dim=1, keepdim=True).sqrt()
        # An image that is as close to one name as to any other speaks for none.
        return apart / torch.where(deviation > LEAST_DEVIATION, deviation, 1.0)

    def region_scores(
        self, regions: Float[Tensor, "regions embed"], label: int
    ) -> Float[Tensor, " regions"]:
        """Cosine of each region with the name."""
        return regions @ self.text[label]

    def settings(self) -> HeadSettings:
        """Number of labels, length of vectors, and whether names are compared."""
        return {
            "num_labels": self.text.shape[0],
            "embed_dim": self.text.shape[1],
            "over_names": self.over_names,
        }

    @classmethod
    def empty(cls, **settings: int) -> "NormalisedHead":
        """Scores as they are after the first step, of names still to be loaded."""
        num_labels = settings["num_labels"]
        return cls(
            torch.zeros(num_labels, settings["embed_dim"]),
            torch.zeros(num_labels),
            torch.ones(num_labels),
            over_names=bool(settings["over_names"]),
        )
