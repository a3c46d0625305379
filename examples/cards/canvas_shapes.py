"""Twenty simple things drawn as strokes, as with a mouse on the page's canvas.

They ask whether the encoder knows a drawing that is nobody's picture, so nothing that
trains the encoder may read this file; a test holds it to that. Places are in a square of
side 100, y downwards; `as_sent` makes of them what the page would send.
"""

import math
from collections.abc import Callable

from PIL import Image, ImageDraw

Stroke = list[tuple[float, float]]

CANVAS_PX = 448
FILLED = 0.72
SENT_PEN = 0.027
"""As in `serving/page_files/sketch.js`."""
FINER = 2


def arc(
    x: float, y: float, width: float, height: float, start_deg: float = 0, end_deg: float = 360
) -> Stroke:
    """Part of an ellipse around (x, y); 0 is to the right, 90 is down."""
    count = max(6, round(abs(end_deg - start_deg) / 9))
    turns = [math.radians(start_deg + (end_deg - start_deg) * i / count) for i in range(count + 1)]
    return [(x + width / 2 * math.cos(t), y + height / 2 * math.sin(t)) for t in turns]


def path(*numbers: float, closed: bool = False) -> Stroke:
    """Straight lines through the points whose x and y follow one another."""
    points = list(zip(numbers[::2], numbers[1::2], strict=True))
    return [*points, points[0]] if closed else points


def _umbrella() -> list[Stroke]:
    return [
        arc(50, 50, 80, 70, 180, 360),
        [*arc(23.3, 50, 26.7, 10, 180, 360), *arc(50, 50, 26.7, 10, 180, 360)],
        arc(76.7, 50, 26.7, 10, 180, 360),
        [(50, 50), (50, 84), *arc(43, 84, 14, 16, 0, 180)],
        path(50, 15, 50, 9),
    ]


def _house() -> list[Stroke]:
    return [
        path(20, 45, 20, 88, 80, 88, 80, 45),
        path(12, 48, 50, 14, 88, 48),
        path(42, 88, 42, 64, 58, 64, 58, 88),
        path(64, 54, 74, 54, 74, 64, 64, 64, closed=True),
    ]


def _clock() -> list[Stroke]:
    return [
        arc(50, 50, 80, 80),
        path(50, 50, 50, 22),
        path(50, 50, 68, 58),
        *(
            [
                (50 + 33 * math.cos(t), 50 + 33 * math.sin(t)),
                (50 + 38 * math.cos(t), 50 + 38 * math.sin(t)),
            ]
            for t in (0, math.pi / 2, math.pi, 3 * math.pi / 2)
        ),
    ]


def _fish() -> list[Stroke]:
    return [
        arc(42, 50, 64, 42),
        path(72, 46, 94, 30, 92, 70, 72, 54),
        arc(26, 45, 5, 5),
        arc(30, 50, 20, 26, -60, 60),
    ]


def _cup() -> list[Stroke]:
    return [
        path(18, 30, 22, 78, 64, 78, 68, 30),
        arc(43, 30, 50, 12),
        arc(68, 52, 30, 28, -100, 110),
    ]


def _tree() -> list[Stroke]:
    crown = [
        *arc(30, 48, 36, 34, 90, 250),
        *arc(36, 30, 34, 34, 170, 310),
        *arc(62, 28, 36, 34, 220, 370),
        *arc(72, 48, 34, 34, 290, 450),
        *arc(50, 58, 32, 22, 20, 160),
    ]
    return [crown, path(44, 68, 42, 92), path(56, 68, 58, 92)]


def _pine_tree() -> list[Stroke]:
    return [
        [*path(50, 8, 32, 34, 40, 34, 22, 60, 34, 60, 14, 84), (86, 84)],
        path(86, 84, 66, 60, 78, 60, 60, 34, 68, 34, 50, 8),
        path(44, 84, 44, 94, 56, 94, 56, 84),
    ]


def _car() -> list[Stroke]:
    return [
        path(6, 66, 6, 52, 24, 48, 36, 32, 66, 32, 78, 48, 94, 54, 94, 66, closed=True),
        arc(26, 67, 20, 20),
        arc(74, 67, 20, 20),
        path(30, 48, 72, 48),
        path(51, 33, 51, 48),
    ]


def _sailboat() -> list[Stroke]:
    return [
        path(10, 70, 22, 86, 78, 86, 90, 70, closed=True),
        path(48, 70, 48, 10),
        path(52, 14, 84, 62, 52, 62, closed=True),
        path(44, 24, 18, 62, 44, 62, closed=True),
    ]


def _apple() -> list[Stroke]:
    body = [
        (50, 32),
        *arc(34, 50, 36, 42, 300, 180),
        *arc(42, 62, 52, 54, 180, 80),
        (50, 86),
        *arc(58, 62, 52, 54, 100, 0),
        *arc(66, 50, 36, 42, 0, -120),
        (50, 32),
    ]
    return [
        body,
        path(50, 32, 52, 16),
        [*arc(62, 18, 18, 10, 180, 360), *arc(62, 18, 18, 10, 0, 180)],
    ]


def _balloon() -> list[Stroke]:
    return [
        arc(50, 36, 50, 58),
        path(50, 65, 45, 71, 55, 71, closed=True),
        path(50, 71, 46, 78, 53, 85, 48, 94),
    ]


def _ice_cream() -> list[Stroke]:
    return [
        arc(50, 34, 44, 44, 160, 380),
        path(27, 42, 73, 42),
        path(30, 43, 50, 94, 70, 43),
        path(38, 62, 60, 50),
        path(44, 78, 66, 54),
    ]


def _mushroom() -> list[Stroke]:
    return [
        [*arc(50, 48, 84, 70, 180, 360), (8, 48)],
        path(38, 48, 36, 84, 64, 84, 62, 48),
        arc(34, 34, 12, 10),
        arc(60, 28, 14, 11),
    ]


def _candle() -> list[Stroke]:
    return [
        path(38, 36, 38, 90, 62, 90, 62, 36, closed=True),
        path(50, 36, 50, 29),
        [(50, 8), *arc(50, 20, 13, 16, -40, 220), (50, 8)],
        path(44, 36, 45, 50, 48, 50, 49, 36),
    ]


def _book() -> list[Stroke]:
    return [
        path(24, 14, 76, 14, 76, 86, 24, 86, closed=True),
        path(33, 14, 33, 86),
        path(42, 30, 68, 30),
        path(42, 39, 68, 39),
    ]


def _envelope() -> list[Stroke]:
    return [
        path(10, 26, 90, 26, 90, 76, 10, 76, closed=True),
        path(10, 26, 50, 56, 90, 26),
    ]


def _chair() -> list[Stroke]:
    return [
        path(28, 10, 28, 92),
        path(28, 54, 70, 54, 70, 92),
        path(28, 12, 34, 12, 36, 54),
        path(28, 62, 70, 62),
    ]


def _butterfly() -> list[Stroke]:
    return [
        arc(50, 52, 8, 48),
        arc(30, 36, 36, 36, 40, 360),
        arc(70, 36, 36, 36, -180, 140),
        arc(33, 66, 28, 28, -30, 290),
        arc(67, 66, 28, 28, -110, 210),
        path(48, 28, 40, 14),
        path(52, 28, 60, 14),
    ]


def _light_bulb() -> list[Stroke]:
    return [
        [(40, 68), *arc(50, 38, 56, 56, 125, 415), (60, 68)],
        path(40, 68, 60, 68, 60, 84, 40, 84, closed=True),
        path(40, 76, 60, 76),
        path(44, 66, 42, 46, 50, 52, 58, 46, 56, 66),
    ]


def _snowman() -> list[Stroke]:
    return [
        arc(50, 70, 46, 44),
        arc(50, 34, 30, 30),
        path(36, 20, 64, 20),
        path(41, 20, 41, 6, 59, 6, 59, 20),
        arc(45, 31, 3, 3),
        arc(55, 31, 3, 3),
        path(50, 35, 58, 38, 50, 39),
        path(28, 62, 10, 48),
        path(72, 62, 90, 48),
    ]


SHAPES: dict[str, Callable[[], list[Stroke]]] = {
    "apple": _apple,
    "balloon": _balloon,
    "book": _book,
    "butterfly": _butterfly,
    "candle": _candle,
    "car": _car,
    "chair": _chair,
    "clock": _clock,
    "cup": _cup,
    "envelope": _envelope,
    "fish": _fish,
    "house": _house,
    "ice cream": _ice_cream,
    "light bulb": _light_bulb,
    "mushroom": _mushroom,
    "pine tree": _pine_tree,
    "sailboat": _sailboat,
    "snowman": _snowman,
    "tree": _tree,
    "umbrella": _umbrella,
}
"""Strokes of each thing, under its concept's name."""


def as_sent(strokes: list[Stroke]) -> Image.Image:
    """The picture that the page sends for these strokes: centred, black on white."""
    points = [point for stroke in strokes for point in stroke]
    left, top = (min(point[axis] for point in points) for axis in (0, 1))
    right, bottom = (max(point[axis] for point in points) for axis in (0, 1))
    side = CANVAS_PX * FINER
    scale = FILLED * side / max(right - left, bottom - top)
    sheet = Image.new("L", (side, side), 255)
    pen, radius = ImageDraw.Draw(sheet), SENT_PEN * side / 2
    for stroke in strokes:
        placed = [
            (
                side / 2 + (x - (left + right) / 2) * scale,
                side / 2 + (y - (top + bottom) / 2) * scale,
            )
            for x, y in stroke
        ]
        pen.line(placed, fill=0, width=round(2 * radius), joint="curve")
        for x, y in placed:
            pen.ellipse([x - radius, y - radius, x + radius, y + radius], fill=0)
    return sheet.resize((CANVAS_PX, CANVAS_PX), Image.Resampling.BOX).convert("RGB")
