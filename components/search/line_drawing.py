"""Line drawings made from photographs, in place of sketches nobody drew."""

import numpy as np
from PIL import Image
from scipy.ndimage import gaussian_filter

LONG_SIDE_PX = 256
# Widths of the two Gaussians whose difference marks edges, in pixels, and the
# share of pixels that become ink: a hand drawing covers a few per cent.
FINE_PX, COARSE_PX = 1.4, 2.6
INK_SHARE = 0.08


def line_drawing(image: Image.Image) -> Image.Image:
    """Black lines on white where the picture's brightness has its strongest edges.

    The darker side of an edge (a negative difference of Gaussians) becomes
    ink. The threshold is a share of the pixels, so that pale and contrasty
    pictures give drawings of like density; an even picture gives a blank one.
    """
    small = image.convert("L")
    small.thumbnail((LONG_SIDE_PX, LONG_SIDE_PX))
    grey = np.asarray(small, dtype=np.float32)
    edges = gaussian_filter(grey, COARSE_PX) - gaussian_filter(grey, FINE_PX)
    threshold = max(float(np.quantile(edges, 1 - INK_SHARE)), 0.5)
    ink = np.where(edges > threshold, 0, 255).astype(np.uint8)
    return Image.fromarray(ink).convert("RGB")
