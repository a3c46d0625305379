"""Drawings as people make them, for training: other strokes, gaps, fills and shapes each time.

They start from the pictures that training may show: from all their lines, from their outer
edge alone or from the edges of their colours.
"""

from functools import lru_cache

import numpy as np
from jaxtyping import Bool, Float32
from PIL import Image
from scipy import ndimage

from examples.cards.pictures import line_drawing, sprite
from examples.cards.scenes import SCENE_PX

SIDE_PX = 128
"""Of the square in which a drawing is made."""
MARGIN_PX = 12
KNOTS = 5
Ink = Float32[np.ndarray, "side side"]
Body = Bool[np.ndarray, "side side"]


def _grown(body: Body, by_px: int) -> Body:
    """The body with a wider, or for a negative number a narrower, outline."""
    change = ndimage.binary_dilation if by_px > 0 else ndimage.binary_erosion
    return np.asarray(change(body, iterations=abs(by_px)))


@lru_cache(maxsize=2048)
def _edges(code: str) -> tuple[Ink, Ink, Body]:
    """The outer edge, the edges between colours, and the body, trimmed to the margin."""
    picture = sprite(code, outlined=False)
    scale = (SIDE_PX - 2 * MARGIN_PX) / max(picture.size)
    size = (max(2, round(picture.width * scale)), max(2, round(picture.height * scale)))
    sheet = Image.new("RGBA", (SIDE_PX, SIDE_PX))
    sheet.paste(picture.resize(size), ((SIDE_PX - size[0]) // 2, (SIDE_PX - size[1]) // 2))
    pixels = np.asarray(sheet, dtype=np.float32)
    body = np.asarray(ndimage.binary_closing(pixels[..., 3] > 100, iterations=2))
    outer = _grown(body, 2) ^ _grown(body, -1)
    shades = pixels[..., :3] * (pixels[..., 3:] > 100)
    steps = np.sqrt(sum(ndimage.sobel(shades[..., c], a) ** 2 for c in range(3) for a in (0, 1)))
    inner = (steps > 160) & _grown(body, -3)
    return outer.astype(np.float32), np.maximum(outer, inner).astype(np.float32), body


@lru_cache(maxsize=2048)
def _lines(code: str) -> tuple[Ink, Body]:
    """All lines of the picture, and what they enclose, trimmed to the margin."""
    lines = line_drawing(code, 2 * SIDE_PX)
    box = lines.point([255 * (v > 60) for v in range(256)]).getbbox() or (0, 0, *lines.size)
    part = lines.crop(box)
    scale = (SIDE_PX - 2 * MARGIN_PX) / max(part.size)
    size = (max(2, round(part.width * scale)), max(2, round(part.height * scale)))
    sheet = Image.new("L", (SIDE_PX, SIDE_PX))
    sheet.paste(part.resize(size), ((SIDE_PX - size[0]) // 2, (SIDE_PX - size[1]) // 2))
    ink = np.asarray(sheet, dtype=np.float32) / 255
    return ink, np.asarray(ndimage.binary_fill_holes(ink > 0.4))


def _without_details(rng: np.random.Generator, ink: Ink) -> Ink:
    """Some of the smaller separate strokes are left out."""
    parts = np.zeros(ink.shape, np.int32)
    count = int(np.asarray(ndimage.label(ink > 0.3, output=parts)))
    if count < 2:
        return ink
    sizes = ndimage.sum_labels(ink, parts, range(1, count + 1))
    dropped = (sizes < 0.25 * sizes.sum()) & (rng.random(count) < rng.uniform(0.2, 0.9))
    return np.where(np.isin(parts, 1 + np.flatnonzero(dropped)), 0, ink).astype(np.float32)


def _wobbled(rng: np.random.Generator, sheet: Image.Image) -> Image.Image:
    """A turn, a stretch, a slow bend and the tremor of a hand."""
    side = sheet.width
    turn, mirror = np.deg2rad(rng.normal(0, 7)), rng.choice([-1.0, 1.0])
    stretch = rng.uniform(0.75, 1.3)
    grid = np.linspace(0, side, KNOTS + 1)
    places = np.stack(np.meshgrid(grid, grid), axis=-1) - side / 2
    x = mirror * (places[..., 0] * np.cos(turn) - places[..., 1] * np.sin(turn)) * stretch
    y = (places[..., 0] * np.sin(turn) + places[..., 1] * np.cos(turn)) / stretch
    bend = rng.normal(0, rng.uniform(0.5, 5.0), size=places.shape)
    source = np.stack([x, y], axis=-1) * 1.05 + side / 2 + bend
    mesh = [
        (
            (int(grid[c]), int(grid[r]), int(grid[c + 1]), int(grid[r + 1])),
            tuple(source[[r, r + 1, r + 1, r], [c, c, c + 1, c + 1]].ravel()),
        )
        for r in range(KNOTS)
        for c in range(KNOTS)
    ]
    return sheet.transform((side, side), Image.Transform.MESH, mesh, Image.Resampling.BILINEAR)


def _stroked(rng: np.random.Generator, ink: Ink) -> Ink:
    """The lines redrawn: rounder, and wider or finer than they were."""
    softness = rng.uniform(0.8, 2.4)
    soft = ndimage.gaussian_filter(ink, softness)
    top = float(soft.max()) or 1.0
    level = rng.uniform(0.12, 0.55) * top
    return np.clip((soft - level) / (0.15 * top) + 0.5, 0, 1).astype(np.float32)


def _with_gaps(rng: np.random.Generator, ink: Ink) -> Ink:
    """Short pieces of the lines are missing."""
    inked = np.argwhere(ink > 0.5)
    gaps = np.zeros(ink.shape, bool)
    rows, columns = np.ogrid[: ink.shape[0], : ink.shape[1]]
    for _ in range(int(rng.integers(1, 6))):
        if not len(inked):
            break
        row, column = inked[int(rng.integers(len(inked)))]
        gaps |= (rows - row) ** 2 + (columns - column) ** 2 < rng.uniform(2, 7) ** 2
    return np.where(gaps, 0, ink).astype(np.float32)


def hand_drawing(code: str, rng: np.random.Generator) -> Image.Image:
    """A drawing on nothing, RGBA, ``SIDE_PX`` square; different for each ``rng``."""
    kind = rng.random()
    if kind < 0.55:
        ink, body = _lines(code)
        if rng.random() < 0.5:
            ink = _without_details(rng, ink)
    else:
        outer, inner, body = _edges(code)
        ink = outer if kind < 0.75 else inner
    both = Image.merge(
        "RGB",
        [Image.fromarray((255 * part).astype(np.uint8)) for part in (ink, body, ink)],
    )
    moved = np.asarray(_wobbled(rng, both), dtype=np.float32) / 255
    ink, body = _stroked(rng, moved[..., 0]), moved[..., 1] > 0.5
    if rng.random() < 0.35:
        ink = _with_gaps(rng, ink)
    pen = rng.uniform(0, 70) if rng.random() < 0.85 else rng.uniform(0, 150, size=3)
    drawing = np.zeros((SIDE_PX, SIDE_PX, 4), np.float32)
    drawing[..., :3] = pen
    drawing[..., 3] = ink
    if rng.random() < 0.25:
        fill = rng.uniform(90, 245) if rng.random() < 0.5 else rng.uniform(40, 255, size=3)
        drawing[..., :3] = ink[..., None] * pen + (1 - ink[..., None]) * fill
        drawing[..., 3] = np.maximum(ink, body)
    drawing[..., 3] *= 255
    return Image.fromarray(np.clip(drawing, 0, 255).astype(np.uint8), "RGBA")


def sheet_of(
    rng: np.random.Generator, places: list[tuple[str, float, tuple[float, float]]]
) -> tuple[np.ndarray, np.ndarray]:
    """Drawings on one sheet of paper, and which is where.

    Args:
        rng: Of all that differs from sheet to sheet.
        places: Picture, side in pixels and centre of each drawing.

    Returns:
        Pixels (height, width, 3) and the number of the drawing at each, 0 for paper.
    """
    paper = 255 if rng.random() < 0.75 else int(rng.integers(215, 255))
    sheet = Image.new("RGB", (SCENE_PX, SCENE_PX), (paper, paper, paper))
    owner = Image.new("L", sheet.size, 0)
    for number, (code, size_px, centre) in enumerate(places, start=1):
        side = round(size_px * SIDE_PX / (SIDE_PX - 2 * MARGIN_PX))
        drawing = hand_drawing(code, rng).resize((side, side), Image.Resampling.BILINEAR)
        left, top = (round(c - side / 2) for c in centre)
        sheet.paste(drawing.convert("RGB"), (left, top), drawing.getchannel("A"))
        # What a drawing takes up is its convex middle, not its lines.
        inset = round(0.14 * side)
        box = (left + inset, top + inset, left + side - inset, top + side - inset)
        owner.paste(number, box)
    return np.asarray(sheet), np.asarray(owner)
