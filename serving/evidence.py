"""Where in a picture a tag is seen."""

from typing import Any

import numpy as np
from jaxtyping import Float, Float32
from scipy.ndimage import label as connected_parts

from serving.messages import Box, Evidence

STRONG = 0.5


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
    heat = _scaled(np.asarray(region_logits, np.float32).reshape(grid))
    left, top, right, bottom = seen
    inner = _box(heat)
    return Evidence(
        rows=grid[0],
        columns=grid[1],
        heat=[[round(float(cell), 3) for cell in row] for row in heat],
        area=Box(left=left, top=top, right=right, bottom=bottom),
        box=Box(
            left=left + inner.left * (right - left),
            top=top + inner.top * (bottom - top),
            right=left + inner.right * (right - left),
            bottom=top + inner.bottom * (bottom - top),
        ),
    )


def _scaled(values: Float32[np.ndarray, "rows columns"]) -> Float32[np.ndarray, "rows columns"]:
    low, high = float(values.min()), float(values.max())
    if high - low < 1e-6:  # an even picture: nowhere rather than elsewhere
        return np.zeros_like(values)
    return (values - low) / (high - low)


def _box(heat: Float32[np.ndarray, "rows columns"]) -> Box:
    """The cells connected with the strongest one that are at least half as strong."""
    rows, columns = heat.shape
    if heat.max() == 0:
        return Box(left=0, top=0, right=1, bottom=1)
    labelled: Any = connected_parts(heat >= STRONG)  # the parts by number, and how many
    parts = labelled[0]
    inside = np.argwhere(parts == parts[np.unravel_index(heat.argmax(), heat.shape)])
    (top, left), (bottom, right) = inside.min(axis=0), inside.max(axis=0) + 1
    return Box(left=left / columns, top=top / rows, right=right / columns, bottom=bottom / rows)
