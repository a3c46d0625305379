"""Where in a picture a tag is seen."""

import numpy as np
from jaxtyping import Float

from components.proposing.strongest_region import relative_heat, strongest_box
from serving.messages import Box, Evidence


def evidence_of(
    region_logits: Float[np.ndarray, " regions"],
    grid: tuple[int, int],
    seen: tuple[float, float, float, float] = (0.0, 0.0, 1.0, 1.0),
) -> Evidence:
    """The heat map of one tag, and the box around its strongest part.

    The heat is relative: it tells where the tag is rather seen than elsewhere
    in this picture, not whether it is there.

    Args:
        region_logits: One a region, row by row.
        grid: Rows and columns of the regions.
        seen: The part of the picture that the regions cover.
    """
    heat = relative_heat(np.asarray(region_logits, np.float32).reshape(grid))
    left, top, right, bottom = seen
    x0, y0, x1, y1 = strongest_box(heat)
    return Evidence(
        rows=grid[0],
        columns=grid[1],
        heat=[[round(float(cell), 3) for cell in row] for row in heat],
        area=Box(left=left, top=top, right=right, bottom=bottom),
        box=Box(
            left=left + x0 * (right - left),
            top=top + y0 * (bottom - top),
            right=left + x1 * (right - left),
            bottom=top + y1 * (bottom - top),
        ),
    )
