"""The gated projector: what TagAlign trains on top of frozen region features.

In the paper, two pre-activation residual blocks of two gated convolutions act
on the encoder's patches, and a clone of its last norm and projection follows.
The gates start at 0, so training starts at the frozen encoder. Here features
come from a store, already projected into the text space and of unit length:
then there is no norm to clone and the projection starts as the identity. The
paper's second attention path (CLIP-Surgery) is a matter of the encoder and is
not here.
"""

import torch
import torch.nn.functional as functional
from jaxtyping import Float
from torch import Tensor, nn

from components.errors import InputError


class GatedConvolution(nn.Module):
    """x + tanh(gate) · conv(gelu(norm(x))), the norm over channels, the gate starting at 0."""

    def __init__(self, channels: int, kernel_size: int) -> None:
        """Padded so that the map keeps its size."""
        super().__init__()
        self.norm = nn.LayerNorm(channels)
        self.convolution = nn.Conv2d(channels, channels, kernel_size, padding=kernel_size // 2)
        self.gate = nn.Parameter(torch.zeros(()))

    def forward(
        self, maps: Float[Tensor, "batch channels rows columns"]
    ) -> Float[Tensor, "batch channels rows columns"]:
        """The maps with the gated step added."""
        normed = self.norm(maps.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
        return maps + torch.tanh(self.gate) * self.convolution(functional.gelu(normed))


class GatedProjector(nn.Module):
    """Region features to region vectors in the text space."""

    def __init__(
        self, embed_dim: int, *, num_blocks: int = 2, kernel_size: int = 3, seed: int = 0
    ) -> None:
        """For unit region vectors that already lie in the text space.

        Args:
            embed_dim: Length of a region vector.
            num_blocks: Each is two gated convolutions.
            kernel_size: 3 as in the paper; 1 leaves the neighbours out and costs a ninth.
            seed: Of the convolutions' start.

        Raises:
            InputError: If the blocks cannot be made so.
        """
        super().__init__()
        if kernel_size not in {1, 3} or num_blocks < 1:
            raise InputError(
                f"kernel_size is {kernel_size} and num_blocks {num_blocks}; allowed are 1 or 3, "
                "and at least 1."
            )
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.blocks = nn.Sequential(
                *(GatedConvolution(embed_dim, kernel_size) for _ in range(2 * num_blocks))
            )
            # Drawn and then overwritten: a layer draws its start even if it is not used.
            self.projection = nn.Linear(embed_dim, embed_dim, bias=False)
        nn.init.eye_(self.projection.weight)
        self.kernel_size = kernel_size
        self.num_blocks = num_blocks

    def forward(
        self, regions: Float[Tensor, "batch regions embed"], grid: tuple[int, int]
    ) -> Float[Tensor, "batch regions embed"]:
        """Region vectors, not normalised, row by row from the top left."""
        batch, count, embed_dim = regions.shape
        maps = regions.reshape(batch, *grid, embed_dim).permute(0, 3, 1, 2)
        maps = self.blocks(maps).permute(0, 2, 3, 1)
        return self.projection(maps.reshape(batch, count, embed_dim))


def pooled(vectors: Float[Tensor, "batch regions embed"]) -> Float[Tensor, "batch embed"]:
    """The image's vector: the mean over its regions, of unit length."""
    return functional.normalize(vectors.mean(dim=1), dim=1)
