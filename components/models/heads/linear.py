"""One weight vector and one bias a label, over the vector of the whole image."""

import numpy as np
import torch
from jaxtyping import Float, Float32
from torch import Tensor, nn

from components.models.heads.head import Head, HeadSettings
from components.models.images import Images


class LinearHead(Head):
    """Logits are ``x · weightᵀ + bias``."""

    kind = "linear"

    def __init__(self, weight: Tensor, bias: Tensor) -> None:
        super().__init__()
        self.weight = nn.Parameter(weight)
        self.bias = nn.Parameter(bias)

    @classmethod
    def of(
        cls,
        weight: Float32[np.ndarray, "labels embed"],
        bias: Float32[np.ndarray, " labels"] | None = None,
    ) -> "LinearHead":
        """A head of given arrays; without a bias it is 0."""
        bias = np.zeros(len(weight), np.float32) if bias is None else bias
        return cls(torch.from_numpy(weight.copy()), torch.from_numpy(bias.copy()))

    def forward(self, images: Images) -> Float[Tensor, "batch labels"]:
        """Logits of whole images."""
        return nn.functional.linear(images.vectors, self.weight, self.bias)

    def region_scores(
        self, regions: Float[Tensor, "regions embed"], label: int
    ) -> Float[Tensor, " regions"]:
        """The label's weights on each region, as if it were an image."""
        return regions @ self.weight[label]

    def settings(self) -> HeadSettings:
        """Number of labels and length of vectors."""
        return {"num_labels": self.weight.shape[0], "embed_dim": self.weight.shape[1]}

    @classmethod
    def empty(cls, **settings: int) -> "LinearHead":
        """All zeros."""
        shape = (settings["num_labels"], settings["embed_dim"])
        return cls(torch.zeros(shape), torch.zeros(shape[0]))
