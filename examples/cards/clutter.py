"""Random shapes on the ground of training scenes, so that grounds say nothing of things.

None of them repeats, so that the repeating patterns kept for the demo stay new.
"""

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from examples.cards.painting import Pixels


def cluttered(rng: np.random.Generator, ground: Pixels) -> Pixels:
    """The ground with lines, discs or patches of random shades on it."""
    height, width = ground.shape[:2]
    layer = Image.new("L", (width, height), 128)
    pen = ImageDraw.Draw(layer)
    for _ in range(int(rng.integers(4, 30))):
        x, y = rng.uniform(0, width), rng.uniform(0, height)
        reach = rng.uniform(5, 70, size=2) * rng.choice([-1, 1], size=2)
        end = (x + float(reach[0]), y + float(reach[1]))
        shade = int(rng.integers(0, 256))
        match int(rng.integers(4)):
            case 0:
                pen.line([(x, y), end], fill=shade, width=int(rng.integers(1, 7)))
            case 1:
                radius = float(rng.uniform(2, 22))
                pen.ellipse([x - radius, y - radius, x + radius, y + radius], fill=shade)
            case 2:
                corners = [(x, y), end, (end[0], y + float(rng.uniform(-40, 40)))]
                pen.polygon(corners, fill=shade)
            case _:
                box = [min(x, end[0]), min(y, end[1]), max(x, end[0]), max(y, end[1])]
                pen.arc(box, float(rng.uniform(0, 180)), float(rng.uniform(180, 360)), shade, 3)
    if rng.random() < 0.4:
        layer = layer.filter(ImageFilter.GaussianBlur(float(rng.uniform(0.5, 3))))
    relief = (np.asarray(layer, dtype=np.float32) - 128) / 128
    colour = rng.uniform(0.5, 1.0, size=3).astype(np.float32)
    return ground + relief[..., None] * colour * np.float32(rng.uniform(12, 60))
