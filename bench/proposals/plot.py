"""Precision of proposals over their recall, one line a labeler."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from bench.compare import Comparisons
from bench.entries import LOOKS
from bench.proposals.cross_fit import SELECTED
from bench.proposals.ranking import RECALLS
from bench.protocols import PROPOSALS
from project.report.drawing import Drawing, draw

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WORDS = "Precision over recall, images of three labels or more"
WIDTH_IN, HEIGHT_IN = 7.2, 4.0
MARK_EVERY = 16
"""Points of a curve from one marker to the next."""

Curves = Mapping[str, Float[np.ndarray, " recalls"]]


def curves_of(comparisons: Comparisons, world: str) -> dict[str, Float[np.ndarray, " recalls"]]:
    """Precision over :data:`RECALLS` of each labeler, mean over seeds."""
    return {
        group.method: np.mean([comparisons.kept(row, "precision") for row in group.rows], axis=0)
        for group in comparisons.groups
        if (group.world, group.protocol) == (world, PROPOSALS)
    }


def curve_plot(curves: Curves, world: str) -> Drawing:
    """Lines with their names at the right; a policy that is never so shy begins late."""

    def paint(figure: "Figure") -> None:
        axes = figure.subplots()
        paint_curves(axes, curves)
        axes.set(xlabel="recall", ylabel="precision", ylim=(0, 1.01))
        figure.legend(*axes.get_legend_handles_labels(), loc="outside right upper")

    return draw(
        paint,
        width_in=WIDTH_IN,
        height_in=HEIGHT_IN,
        label=f"{world}: {WORDS}",
        looks=[LOOKS[name] for name in curves],
    )


def paint_curves(axes: "Axes", curves: Curves) -> None:
    """One line a labeler, from the most precise to the least."""
    for place, name in enumerate(_from_above(curves)):
        style = LOOKS[name].line(strong=name == SELECTED)
        # If all had their markers at the same recalls, the last would hide the others.
        start = MARK_EVERY * place // len(curves)
        axes.plot(RECALLS, curves[name], markevery=(start, MARK_EVERY), **style)
    axes.set(xlim=(0, RECALLS[-1]))


def _from_above(curves: Curves) -> list[str]:
    """Names by mean precision; where a line is missing it counts as 0."""
    return sorted(curves, key=lambda name: -float(np.nan_to_num(curves[name]).mean()))
