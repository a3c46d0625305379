"""Pictures computed from a formula: the same on every machine, with edges and gradients."""

import numpy as np
from PIL import Image

SIZES = ((320, 240), (200, 300), (97, 97), (640, 120))


def drawn_images() -> list[Image.Image]:
    return [draw(number, *size) for number, size in enumerate(SIZES)]


def draw(number: int, width: int, height: int) -> Image.Image:
    random = np.random.default_rng(number)
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float64)
    pixels = np.stack(
        [rows * 255 / height, columns * 255 / width, (rows + columns) * (3 + number) % 256], axis=-1
    )
    for _ in range(6):
        y, x = random.integers(0, height), random.integers(0, width)
        radius = random.integers(8, 60)
        disc = (rows - y) ** 2 + (columns - x) ** 2 < radius**2
        pixels[disc] = random.integers(0, 256, 3)
    return Image.fromarray(pixels.astype(np.uint8))
