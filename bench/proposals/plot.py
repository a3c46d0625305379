"""Precision of proposals over their recall, one line a labeler."""

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float
from markupsafe import Markup, escape

from bench.compare import Comparisons
from bench.plot_parts import DASHES, Scale, closed, colour_of, opening, vertical_grid
from bench.proposals.curves import RECALLS
from bench.proposals.ranked import SELECTED
from bench.protocols import PROPOSALS
from project.report.words import recipe_name

WORDS = "Precision over recall, images of three labels or more"
HEIGHT, ROW = 380, 15

Curves = Mapping[str, Float[np.ndarray, " recalls"]]


def curves_of(comparisons: Comparisons, world: str) -> dict[str, Float[np.ndarray, " recalls"]]:
    """Precision over :data:`RECALLS` of each labeler, mean over seeds."""
    return {
        group.method: np.mean([comparisons.kept(row, "precision") for row in group.rows], axis=0)
        for group in comparisons.groups
        if (group.world, group.protocol) == (world, PROPOSALS)
    }


def curve_plot(curves: Curves) -> Markup:
    """Lines with their names at the right; a policy that is never so shy begins late."""
    methods = tuple(curves)
    width, bottom = 720, HEIGHT - 40
    x = Scale(low=0, high=float(RECALLS[-1]), start=46, end=width - 230)
    y = Scale(low=0, high=1.01, start=bottom, end=24)
    parts = [opening(width, HEIGHT, WORDS), *vertical_grid(x, bottom)]
    parts += [
        f'<path class="grid" d="M{x.start} {y.at(tick):.1f}H{x.end}"/>'
        f'<text x="{x.start - 8}" y="{y.at(tick) + 4:.1f}" text-anchor="end">{tick:g}</text>'
        for tick in y.ticks
    ]
    parts.append(
        f'<text x="{(x.start + x.end) / 2:.0f}" y="{HEIGHT - 14}" text-anchor="middle">'
        "recall</text>"
    )
    for number, method in enumerate(_from_above(curves)):
        place = 30 + ROW * number
        colour = colour_of(method, methods)
        dashes = f' stroke-dasharray="{_dashes(method, methods)}"'
        thick = 3 if method == SELECTED else 1.7
        line = f'class="{colour} line" stroke-width="{thick}"{dashes}'
        parts.append(
            f'<path {line} d="{_path(curves[method], x, y)}">'
            f"<title>{escape(recipe_name(method))}</title></path>"
            f'<path {line} d="M{x.end + 16} {place}h22"/>'
            f'<text x="{x.end + 46}" y="{place + 4}">{escape(recipe_name(method))}</text>'
        )
    return closed(parts)


def _dashes(method: str, methods: Sequence[str]) -> str:
    """Colours come round again; a later line of the same colour is dashed."""
    if method in DASHES:
        return DASHES[method]
    before = methods[: methods.index(method)]
    same = [name for name in before if colour_of(name, methods) == colour_of(method, methods)]
    return "7 4" if same else "none"


def _from_above(curves: Curves) -> list[str]:
    """Names by mean precision; where a line is missing it counts as 0."""
    return sorted(curves, key=lambda method: -float(np.nan_to_num(curves[method]).mean()))


def _path(precision: Float[np.ndarray, " recalls"], x: Scale, y: Scale) -> str:
    found = np.isfinite(precision)
    points = [
        f"{x.at(recall):.1f} {y.at(value):.1f}"
        for recall, value in zip(RECALLS[found], precision[found], strict=True)
    ]
    return "M" + "L".join(points) if points else ""
