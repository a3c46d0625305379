"""Small pictures inside a page, so that it needs no file beside it."""

import base64
import io
from pathlib import Path

from PIL import Image, ImageDraw

from components.data.images import ImageFault, decode_image

QUALITY = 78
BOX_COLOUR, BOX_EDGE = "#ff9500", "#000000"

RelativeBox = tuple[float, float, float, float]
"""Left, top, right and bottom as shares of width and height."""


def thumbnail_uri(path: Path, *, height_px: int, box: RelativeBox | None = None) -> str | None:
    """The picture as a data URI of the given height, with a box drawn on it if one is given.

    None if the picture cannot be read.
    """
    try:
        image = decode_image(path)
    except ImageFault:
        return None
    # Long strips are cut, not squeezed: one of them would widen its whole row.
    width_px = max(1, min(round(image.width * height_px / image.height), 2 * height_px))
    scaled = max(1, round(image.width * height_px / image.height))
    small = image.resize((scaled, height_px), Image.Resampling.LANCZOS)
    if box is not None:
        _draw(small, box)
    left = (scaled - width_px) // 2
    return _uri(small.crop((left, 0, left + width_px, height_px)))


def _draw(image: Image.Image, box: RelativeBox) -> None:
    """A line that shows on light and on dark ground."""
    sides = (image.width - 1, image.height - 1) * 2
    corners = tuple(share * side for share, side in zip(box, sides, strict=True))
    pen = ImageDraw.Draw(image)
    pen.rectangle(corners, outline=BOX_EDGE, width=4)
    pen.rectangle(corners, outline=BOX_COLOUR, width=2)


def _uri(image: Image.Image) -> str:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=QUALITY, optimize=True)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
