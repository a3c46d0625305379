"""Hand-drawn looking sketches: the lines of a picture, wobbled, on white."""

import numpy as np
from PIL import Image, ImageFilter

from examples.cards.pictures import line_drawing

SKETCH_PX = 160
_FINE_PX = 2 * SKETCH_PX


def _field(rng: np.random.Generator, knots: int, amplitude_px: float) -> np.ndarray:
    """A smooth displacement of every pixel of the fine drawing."""
    coarse = rng.normal(0, amplitude_px, size=(knots, knots)).astype(np.float32)
    smooth = Image.fromarray(coarse).resize((_FINE_PX, _FINE_PX), Image.Resampling.BICUBIC)
    return np.asarray(smooth)


def _sampled(drawing: np.ndarray, source: np.ndarray) -> np.ndarray:
    """The drawing read at fractional positions (2, height, width), bilinearly."""
    places = np.clip(source, 0, _FINE_PX - 1.001)
    corner = places.astype(np.int32)
    (down, right), (y, x) = places - corner, corner
    upper = drawing[y, x] * (1 - right) + drawing[y, x + 1] * right
    lower = drawing[y + 1, x] * (1 - right) + drawing[y + 1, x + 1] * right
    return upper * (1 - down) + lower * down


def sketch(code: str, rng: np.random.Generator) -> Image.Image:
    """One sketch of an OpenMoji picture, grey levels, different for each ``rng``."""
    lines = np.asarray(line_drawing(code, _FINE_PX), dtype=np.float32)
    if rng.random() < 0.5:
        lines = lines[:, ::-1]
    rows, columns = np.mgrid[0:_FINE_PX, 0:_FINE_PX].astype(np.float32)
    middle = _FINE_PX / 2
    turn, scale = np.deg2rad(rng.normal(0, 6)), rng.uniform(0.95, 1.25)
    stretch = rng.uniform(0.88, 1.12)
    y, x = (rows - middle) * scale * stretch, (columns - middle) * scale
    source = np.stack(
        [
            y * np.cos(turn) - x * np.sin(turn) + middle,
            y * np.sin(turn) + x * np.cos(turn) + middle,
        ]
    )
    # A slow bend of the whole drawing and the tremor of a hand.
    for knots, amplitude_px in ((4, 7.0), (14, 2.2)):
        source[0] += _field(rng, knots, amplitude_px)
        source[1] += _field(rng, knots, amplitude_px)
    ink = Image.fromarray(_sampled(lines, source).astype(np.uint8))
    if rng.random() < 0.5:
        ink = ink.filter(ImageFilter.MaxFilter(3))
    ink = ink.filter(ImageFilter.GaussianBlur(0.8)).resize((SKETCH_PX, SKETCH_PX))
    darkness = rng.uniform(0.75, 1.0)
    return ink.point(lambda value: int(255 - darkness * value))
