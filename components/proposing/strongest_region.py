"""The part of a picture that speaks most for a label, as a box."""

from typing import Any

import numpy as np
from jaxtyping import Float, Float32
from scipy.ndimage import label as connected_parts

STRONG = 0.5
"""Of the strongest region: regions from there on, connected with it, belong to the box."""

RelativeBox = tuple[float, float, float, float]
"""Left, top, right and bottom as shares of width and height, in [0, 1]."""


def square_grid(num_regions: int) -> tuple[int, int] | None:
    """Rows and columns where regions form a square, as those of the encoders here do.

    Example:
        >>> square_grid(16), square_grid(12)
        ((4, 4), None)
    """
    side = round(num_regions**0.5)
    return (side, side) if num_regions and side * side == num_regions else None


def relative_heat(scores: Float[np.ndarray, "rows columns"]) -> Float32[np.ndarray, "rows columns"]:
    """Scores scaled to [0, 1]; all 0 where the picture is even: nowhere rather than elsewhere."""
    values = np.asarray(scores, np.float32)
    low, high = float(values.min()), float(values.max())
    if high - low < 1e-6:
        return np.zeros_like(values)
    return (values - low) / (high - low)


def strongest_box(heat: Float32[np.ndarray, "rows columns"]) -> RelativeBox:
    """Around the regions connected with the strongest one that are at least half as strong.

    Args:
        heat: From :func:`relative_heat`; the whole picture where it is 0 throughout.

    Example:
        >>> strongest_box(np.array([[0, 1], [0, 0.2]], np.float32))
        (0.5, 0.0, 1.0, 0.5)
    """
    rows, columns = heat.shape
    if heat.max() == 0:
        return 0.0, 0.0, 1.0, 1.0
    labelled: Any = connected_parts(heat >= STRONG)  # the parts by number, and how many
    parts = labelled[0]
    inside = np.argwhere(parts == parts[np.unravel_index(heat.argmax(), heat.shape)])
    (top, left), (bottom, right) = inside.min(axis=0), inside.max(axis=0) + 1
    return (
        float(left / columns),
        float(top / rows),
        float(right / columns),
        float(bottom / rows),
    )
