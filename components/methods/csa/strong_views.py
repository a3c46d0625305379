"""Strong views in feature space: what frozen features allow of augmentation.

A strongly augmented image (RandAugment, Cutout) is stood in for by leaving regions out,
as Cutout does, and by noise on all vectors. Weak views are the cached ones. Reports
call this ``cached``: pixels are never augmented anew.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from components.models.images import Images


def strong_view(images: Images, *, region_dropout: float, noise: float | Tensor) -> Images:
    """Each image with some of its regions left out, at random, and noise on what is left.

    Args:
        images: With regions.
        region_dropout: Share of regions left out; at least one stays.
        noise: Standard deviation of a coordinate.
    """
    regions = images.required_regions()
    kept = max(1, round(regions.shape[1] * (1 - region_dropout)))
    if kept < regions.shape[1]:
        order = torch.rand(regions.shape[:2], device=regions.device).argsort(dim=1)[:, :kept]
        regions = regions.gather(1, order[:, :, None].expand(-1, -1, regions.shape[2]))
    return Images(_noisy(images.vectors, noise), _noisy(regions, noise))


def _noisy(
    vectors: Float[Tensor, "*any embed"], noise: float | Tensor
) -> Float[Tensor, "*any embed"]:
    return vectors + noise * torch.randn_like(vectors)
