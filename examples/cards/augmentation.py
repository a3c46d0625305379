"""A batch of training pictures changed at random, with the map of its things."""

import torch
from jaxtyping import Float, UInt8
from torch import Tensor
from torch.nn import functional

GREY = (0.3, 0.59, 0.11)


def _uniform(generator: torch.Generator, count: int, low: float, high: float) -> Tensor:
    return low + (high - low) * torch.rand(count, generator=generator)


def moved(
    pixels: UInt8[Tensor, "batch 3 height width"],
    owners: UInt8[Tensor, "batch side side"],
    side_px: int,
    generator: torch.Generator,
) -> tuple[Float[Tensor, "batch 3 side_px side_px"], UInt8[Tensor, "batch side side"]]:
    """Random crop, turn, stretch and mirror of pictures in [0, 1] and their maps alike."""
    count = len(pixels)
    zoom = _uniform(generator, count, 0.72, 1.12)
    stretch = _uniform(generator, count, 0.92, 1.08)
    turn = _uniform(generator, count, -0.12, 0.12)
    mirror = torch.where(_uniform(generator, count, -1, 1) < 0, -1.0, 1.0)
    room = (1 - zoom).abs()
    shift = [room * _uniform(generator, count, -1, 1) for _ in range(2)]
    cosine, sine = zoom * turn.cos(), zoom * turn.sin()
    rows = torch.stack(
        [
            torch.stack([cosine * mirror, -sine, shift[0]], dim=1),
            torch.stack([sine * mirror * stretch, cosine * stretch, shift[1]], dim=1),
        ],
        dim=1,
    )
    grid = functional.affine_grid(rows, [count, 3, side_px, side_px], align_corners=False)
    images = functional.grid_sample(
        pixels.float() / 255, grid, padding_mode="reflection", align_corners=False
    )
    side = owners.shape[-1]
    coarse = functional.affine_grid(rows, [count, 1, side, side], align_corners=False)
    maps = functional.grid_sample(
        owners[:, None].float(), coarse, mode="nearest", padding_mode="zeros", align_corners=False
    )
    return images, maps[:, 0].to(torch.uint8)


def relit(
    images: Float[Tensor, "batch 3 height width"], generator: torch.Generator
) -> Float[Tensor, "batch 3 height width"]:
    """Random light, contrast, strength and cast of colour; no other hues.

    Captions name colours, so that none is exchanged for another. The changes are those of any
    photograph; the filters kept for the demo are none of them.
    """
    count = len(images)

    def each(low: float, high: float) -> Tensor:
        return _uniform(generator, count, low, high)[:, None, None, None]

    grey = (images * torch.tensor(GREY)[None, :, None, None]).sum(1, keepdim=True)
    strength = each(0.4, 1.6).clamp(max=1.0)
    images = grey + (images - grey) * strength
    cast = 1 + 0.12 * (2 * torch.rand(count, 3, 1, 1, generator=generator) - 1)
    contrast, light = each(0.4, 1.2), each(0.45, 1.15)
    middle = each(0.3, 0.8)
    images = ((images - middle) * contrast + middle) * light * cast
    return images.clamp(0, 1)


def augmented(
    pixels: UInt8[Tensor, "batch 3 height width"],
    owners: UInt8[Tensor, "batch side side"],
    side_px: int,
    generator: torch.Generator,
) -> tuple[Float[Tensor, "batch 3 side_px side_px"], UInt8[Tensor, "batch side side"]]:
    """Pictures in [-1, 1], as the encoder takes them, and their maps.

    Args:
        pixels: Pictures as drawn.
        owners: Which thing is seen where.
        side_px: Side of the pictures returned.
        generator: Of all that is drawn at random.
    """
    images, maps = moved(pixels, owners, side_px, generator)
    plain = torch.rand(len(images), generator=generator) < 0.25
    images = torch.where(plain[:, None, None, None], images, relit(images, generator))
    return images * 2 - 1, maps
