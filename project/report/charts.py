"""Line charts as SVG that takes its colours from the page."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup, escape

WIDTH, HEIGHT = 340, 250
LEFT, RIGHT, TOP, BOTTOM = 38, 8, 10, 36
TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """A line in the unit square; points that are NaN are left out."""

    x: np.ndarray
    y: np.ndarray
    colour: str
    """A colour class of the page: one, two, three or four."""


def line_chart(lines: Sequence[Line], *, x_label: str, y_label: str, diagonal: bool = False) -> str:
    """Lines in the unit square.

    Args:
        lines: What is drawn, the last on top.
        x_label: Below the chart.
        y_label: Beside it.
        diagonal: Whether to draw where x equals y.

    Returns:
        An ``svg`` element, safe to put into a page.
    """
    parts = [
        f'<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{escape(y_label)} against {escape(x_label)}">'
    ]
    for tick in TICKS:
        x, y = _x(tick), _y(tick)
        parts.append(f'<path class="axis" d="M{_x(0):.1f} {y:.1f}H{_x(1):.1f}"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{tick:g}</text>')
        parts.append(
            f'<text x="{x:.1f}" y="{HEIGHT - BOTTOM + 15}" text-anchor="middle">{tick:g}</text>'
        )
    if diagonal:
        parts.append(f'<path class="diagonal" d="M{_x(0)} {_y(0)}L{_x(1)} {_y(1)}"/>')
    parts += [_path(line) for line in lines]
    middle = (_x(0) + _x(1)) / 2
    parts.append(
        f'<text x="{middle:.0f}" y="{HEIGHT - 5}" text-anchor="middle">{escape(x_label)}</text>'
    )
    parts.append(
        f'<text transform="translate(10 {(_y(0) + _y(1)) / 2:.0f}) rotate(-90)" '
        f'text-anchor="middle">{escape(y_label)}</text></svg>'
    )
    return Markup("".join(parts))  # noqa: S704 - labels are escaped, the rest are numbers


def _path(line: Line) -> str:
    points = [
        f"{_x(x):.1f} {_y(y):.1f}"
        for x, y in zip(line.x, line.y, strict=True)
        if np.isfinite(x) and np.isfinite(y)
    ]
    return f'<path class="line {escape(line.colour)}" d="M{"L".join(points)}"/>' if points else ""


def _x(value: float) -> float:
    return LEFT + value * (WIDTH - LEFT - RIGHT)


def _y(value: float) -> float:
    return HEIGHT - BOTTOM - value * (HEIGHT - TOP - BOTTOM)
