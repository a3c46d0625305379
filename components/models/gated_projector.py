"""The gated projector: what TagAlign trains on top of frozen region features.

In the paper, two pre-activation residual blocks of two gated convolutions act
on the encoder's patches, and a clone of its last norm and projection follows.
The gates start at 0, so training starts at the frozen encoder. Here features
come from a store, already projected into the text space and of unit length:
then there is no norm and the projection starts as the identity
(:meth:`GatedProjector.on_projected`). For patches from before the projection,
:meth:`GatedProjector.on_patches` clones both, as in the paper. The paper's
second attention path (CLIP-Surgery) is a matter of the encoder and is not here.
"""

import copy

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
        self,
        channels: int,
        norm: nn.Module,
        projection: nn.Linear,
        *,
        num_blocks: int = 2,
        kernel_size: int = 3,
        seed: int = 0,
    ) -> None:
        """Prefer :meth:`on_projected` or :meth:`on_patches`.

        Args:
            channels: Length of a region feature.
            norm: Taken as it is, and trained.
            projection: From ``channels`` to the text space; taken as it is, and trained.
            num_blocks: Each is two gated convolutions.
            kernel_size: 3 as in the paper; 1 leaves the neighbours out and costs a ninth.
            seed: Of the convolutions' start.
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
                *(GatedConvolution(channels, kernel_size) for _ in range(2 * num_blocks))
            )
        self.norm = norm
        self.projection = projection
        self.kernel_size = kernel_size
        self.num_blocks = num_blocks

    @classmethod
    def on_projected(
        cls, embed_dim: int, *, num_blocks: int = 2, kernel_size: int = 3, seed: int = 0
    ) -> "GatedProjector":
        """For unit region vectors that already lie in the text space."""
        with torch.random.fork_rng(devices=[]):  # a layer draws its start even if it is not used
            projection = nn.Linear(embed_dim, embed_dim, bias=False)
        nn.init.eye_(projection.weight)
        return cls(
            embed_dim,
            nn.Identity(),
            projection,
            num_blocks=num_blocks,
            kernel_size=kernel_size,
            seed=seed,
        )

    @classmethod
    def on_patches(
        cls,
        norm: nn.LayerNorm,
        projection: nn.Linear,
        *,
        num_blocks: int = 2,
        kernel_size: int = 3,
        seed: int = 0,
    ) -> "GatedProjector":
        """For patches from before the encoder's last norm and projection, which are cloned."""
        return cls(
            projection.in_features,
            copy.deepcopy(norm),
            copy.deepcopy(projection),
            num_blocks=num_blocks,
            kernel_size=kernel_size,
            seed=seed,
        )

    def forward(
        self, regions: Float[Tensor, "batch regions channels"], grid: tuple[int, int]
    ) -> Float[Tensor, "batch regions embed"]:
        """Region vectors, not normalised, row by row from the top left."""
        batch, count, channels = regions.shape
        maps = regions.reshape(batch, *grid, channels).permute(0, 3, 1, 2)
        maps = self.blocks(maps).permute(0, 2, 3, 1)
        return self.projection(self.norm(maps.reshape(batch, count, channels)))

    @property
    def gates(self) -> list[float]:
        """Tanh of each gate, from the first convolution to the last."""
        found = (block.gate for block in self.blocks if isinstance(block, GatedConvolution))
        return [float(torch.tanh(gate.detach())) for gate in found]


def pooled(vectors: Float[Tensor, "batch regions embed"]) -> Float[Tensor, "batch embed"]:
    """The image's vector: the mean over its regions, of unit length."""
    return functional.normalize(vectors.mean(dim=1), dim=1)
