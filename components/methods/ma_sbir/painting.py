"""Ours: a line drawing is given a body and a ground before it is encoded.

Classifiers of photographs go by surfaces; a drawing of thin lines on white has none. The
inside of the drawing is what the ground cannot reach from the border without crossing a
gap between lines that is narrower than twice a radius. The radius grows until the body
fills a fair share of the drawing's convex hull, so that broken outlines close too.

It uses one sketch at a time: neither photographs, nor labels, nor training.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool
from PIL import Image
from scipy import ndimage
from scipy.spatial import ConvexHull, QhullError

INK_BELOW = 128
FAIR_SHARE = 0.4
REFERENCE_SIDE_PX = 227
RADII_PX = (1, 2, 3, 4, 6, 8, 11, 15, 20)
"""At the reference side; they grow with the picture."""
Colour = tuple[int, int, int]


@dataclass(frozen=True, kw_only=True, slots=True)
class Paint:
    """Colours of a painted drawing, 0 to 255 each."""

    body: Colour
    ground: Colour
    ink: Colour = (30, 30, 30)


PALETTE = {
    "grey on white": Paint(body=(150, 140, 130), ground=(255, 255, 255)),
    "brown on white": Paint(body=(140, 100, 70), ground=(255, 255, 255)),
    "dark on white": Paint(body=(70, 65, 60), ground=(255, 255, 255)),
    "light on grass": Paint(body=(215, 205, 190), ground=(130, 155, 95)),
    "brown on grass": Paint(body=(140, 100, 70), ground=(130, 155, 95)),
    "grey on sky": Paint(body=(150, 140, 130), ground=(170, 200, 225)),
}


def ink_of(sketch: Image.Image) -> Bool[np.ndarray, "height width"]:
    """Where a drawing is darker than middle grey."""
    return np.asarray(sketch.convert("L")) < INK_BELOW


def body_of(ink: Bool[np.ndarray, "height width"]) -> Bool[np.ndarray, "height width"]:
    """The inside of a drawing, its lines included; empty for a blank sheet."""
    if not ink.any():
        return ink
    scale = max(ink.shape) / REFERENCE_SIDE_PX
    radii = [radius * scale for radius in RADII_PX]
    margin = int(radii[-1]) + 4
    sheet = np.pad(ink, margin)
    wanted = FAIR_SHARE * _hull_area(ink)
    to_ink = _distance(~sheet)
    body = sheet
    for radius in radii:
        body = _out_of_reach(to_ink, radius) | sheet
        if body.sum() >= wanted:
            break
    return body[margin:-margin, margin:-margin]


def painted(
    ink: Bool[np.ndarray, "height width"], body: Bool[np.ndarray, "height width"], paint: Paint
) -> Image.Image:
    """The drawing in the colours of ``paint``."""
    picture = np.empty((*ink.shape, 3), np.uint8)
    picture[:] = paint.ground
    picture[body] = paint.body
    picture[ink] = paint.ink
    return Image.fromarray(picture)


def _out_of_reach(to_ink: np.ndarray, radius: float) -> np.ndarray:
    """What a disc of ``radius`` that comes from the border and avoids ink never covers."""
    free = np.zeros(to_ink.shape, np.int32)
    ndimage.label(to_ink > radius, output=free)
    return _distance(free != free[0, 0]) > radius


def _distance(inside: np.ndarray) -> np.ndarray:
    """Of each pixel inside, to the nearest outside."""
    return np.asarray(ndimage.distance_transform_edt(inside))


def _hull_area(ink: Bool[np.ndarray, "height width"]) -> float:
    try:
        return float(ConvexHull(np.argwhere(ink)).volume)
    except (QhullError, ValueError):  # fewer than three points, or all on one line
        return 0.0
