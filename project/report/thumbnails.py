"""Small pictures inside a page, so that it needs no file beside it."""

import base64
import io
from pathlib import Path

from PIL import Image

from components.data.images import ImageFault, decode_image

QUALITY = 78


def thumbnail_uri(path: Path, *, height_px: int) -> str | None:
    """The picture as a data URI of the given height; None if it cannot be read."""
    try:
        image = decode_image(path)
    except ImageFault:
        return None
    # Long strips are cut, not squeezed: one of them would widen its whole row.
    width_px = max(1, min(round(image.width * height_px / image.height), 2 * height_px))
    scaled = max(1, round(image.width * height_px / image.height))
    small = image.resize((scaled, height_px), Image.Resampling.LANCZOS)
    left = (scaled - width_px) // 2
    return _uri(small.crop((left, 0, left + width_px, height_px)))


def _uri(image: Image.Image) -> str:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=QUALITY, optimize=True)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
