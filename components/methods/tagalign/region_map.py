"""Where in a picture a tag is.

TagAlign, methods.md section 4: mask = σ(10 · similarity − 2.5), then bilinear
enlargement. The paper's share of CLIP-Surgery's mask (0.3) needs that path of the
encoder and is left out.
"""

import torch
import torch.nn.functional as functional
from jaxtyping import Float
from torch import Tensor

from components.errors import InputError

GAIN = 10.0
OFFSET = -2.5


def region_map(
    vectors: Float[Tensor, "regions embed"],
    tag: Float[Tensor, " embed"],
    grid: tuple[int, int],
    size_px: tuple[int, int] | None = None,
    *,
    gain: float = GAIN,
    offset: float = OFFSET,
) -> Float[Tensor, "rows columns"]:
    """How much each place of a picture looks like a tag.

    Args:
        vectors: The regions, row by row; of any length.
        tag: The tag's text vector; of any length.
        grid: Rows and columns of the regions.
        size_px: Height and width of the result; the grid's where None.
        gain: The paper's is made for CLIP's cosines; an encoder with wider
            cosines wants a smaller one.
        offset: Likewise.

    Returns:
        Values in (0, 1), 0.5 where the similarity is ``-offset / gain``.

    Raises:
        InputError: If the grid does not fit the regions.
    """
    if not len(vectors) or grid[0] * grid[1] != len(vectors):
        raise InputError(
            f"{len(vectors)} regions do not fill a grid of {grid[0]} × {grid[1]}; a tag's map needs "
            "an encoder with region features."
        )
    cosines = functional.normalize(vectors, dim=1) @ functional.normalize(tag, dim=0)
    mask = torch.sigmoid(gain * cosines + offset).reshape(1, 1, *grid)
    if size_px is not None:
        mask = functional.interpolate(mask, size_px, mode="bilinear", align_corners=False)
    return mask[0, 0]
