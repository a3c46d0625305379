"""The image half of an open_clip model: pixels to vectors, frozen or being trained."""

from typing import Any

import torch
from jaxtyping import Float
from open_clip.modified_resnet import ModifiedResNet
from open_clip.transformer import VisionTransformer
from torch import Tensor, nn
from torch.nn import functional

from components.encoders.encoder import ImageVectors


class ImageTower(nn.Module):
    """Region vectors are the tower's last feature map, projected into the text space.

    Plain vision transformers and the ResNets of CLIP have them (as in Zhou et
    al. 2022, "Extract Free Dense Labels from CLIP"). Towers from timm and
    those with attention pooling have no map that shares the text space.
    """

    def __init__(self, visual: nn.Module) -> None:
        super().__init__()
        self.visual: Any = visual

    def forward(self, pixels: Float[Tensor, "batch 3 height width"]) -> ImageVectors:
        """Unit vectors of the whole images and of their regions, on the tower's device."""
        if not self.has_regions:
            vectors = self.visual(pixels)
            regions = vectors.new_zeros(len(vectors), 0, vectors.shape[1])
        else:
            output = self.visual.forward_intermediates(
                pixels, indices=1, output_fmt="NCHW", normalize_intermediates=True
            )
            vectors = output["image_features"]
            tokens = output["image_intermediates"][-1].flatten(2).transpose(1, 2)
            regions = self._in_text_space(tokens)
        # In single precision at least: half of it is too coarse for a length of 1.
        exact = torch.promote_types(vectors.dtype, torch.float32)
        return ImageVectors(
            functional.normalize(vectors.to(exact), dim=-1),
            functional.normalize(regions.to(exact), dim=-1),
        )

    @property
    def has_regions(self) -> bool:
        """Whether its feature map can be brought into the text space."""
        if isinstance(self.visual, VisionTransformer):
            return self.visual.attn_pool is None and self.visual.proj is not None
        return isinstance(self.visual, ModifiedResNet)

    def grid(self, pixels: Float[Tensor, "1 3 height width"]) -> tuple[int, int]:
        """Rows and columns of the region map of such an image."""
        if not self.has_regions:
            return (0, 0)
        output = self.visual.forward_intermediates(pixels, indices=1, intermediates_only=True)
        rows, columns = output["image_intermediates"][-1].shape[2:]
        return (rows, columns)

    def _in_text_space(
        self, tokens: Float[Tensor, "batch regions width"]
    ) -> Float[Tensor, "batch regions embed"]:
        visual: Any = self.visual
        if isinstance(self.visual, VisionTransformer):
            return tokens @ visual.proj
        return visual.attnpool.c_proj(visual.attnpool.v_proj(tokens))
