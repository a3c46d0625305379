"""The plots of a report: every recipe in its own colour, the served one in front."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from pipelines.evaluate.plots import PER_CLASS, PR_CURVE, RELIABILITY, Curves
from project.report.drawing import Drawing, draw
from project.report.style import SOFT, Look, method_look

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH_IN = 6.0
CURVE_HEIGHT_IN = 3.6
ROW_IN = 0.14
MARK_EVERY = 12
"""Points of a curve from one marker to the next."""


def draw_charts(names: Sequence[str], drawn: Curves, served: str) -> dict[str, Drawing]:
    """The three plots by the name of their table.

    Args:
        names: Of the labels.
        drawn: What is drawn, by recipe.
        served: The recipe whose tagger is served.
    """
    looks = {recipe: method_look(recipe) for recipe in drawn.per_class}
    order = _worst_first(drawn.per_class[served])

    def per_class(figure: "Figure") -> None:
        _per_class(figure, [names[int(label)] for label in order], order, drawn, looks, served)

    def pr_curve(figure: "Figure") -> None:
        _pr_curve(figure, drawn, looks, served)

    def reliability(figure: "Figure") -> None:
        _reliability(figure, drawn, looks, served)

    heights = (1.2 + ROW_IN * len(order), CURVE_HEIGHT_IN, CURVE_HEIGHT_IN)
    plots = (
        (PER_CLASS, per_class, "average precision of each class"),
        (PR_CURVE, pr_curve, "precision over recall, all classes together"),
        (RELIABILITY, reliability, "share that is present over probability"),
    )
    return {
        name: draw(
            paint, width_in=WIDTH_IN, height_in=height, label=label, looks=tuple(looks.values())
        )
        for height, (name, paint, label) in zip(heights, plots, strict=True)
    }


def _worst_first(values: np.ndarray) -> np.ndarray:
    """Labels by their figure; those without one, for want of a positive, are left out."""
    order = np.argsort(values, kind="stable")
    return order[~np.isnan(values[order])]


def _per_class(
    figure: "Figure",
    names: Sequence[str],
    order: np.ndarray,
    drawn: Curves,
    looks: Mapping[str, Look],
    served: str,
) -> None:
    axes = figure.subplots()
    for recipe, values in drawn.per_class.items():
        strong = recipe == served
        look = looks[recipe]
        points = axes.plot(values[order], range(len(order)), **look.line(strong=strong))
        points[0].set_linestyle("none")
    axes.set_yticks(range(len(order)), names, fontsize=7)
    axes.set(xlabel="average precision", xlim=(0, 1.02), ylim=(-1, len(order)))
    _legend(figure, axes, loc="outside upper center", ncols=3)


def _pr_curve(figure: "Figure", drawn: Curves, looks: Mapping[str, Look], served: str) -> None:
    axes = figure.subplots()
    for place, (recipe, values) in enumerate(drawn.precision.items()):
        # If all had their markers at the same recalls, the last would hide the others.
        start = MARK_EVERY * place // len(drawn.precision)
        style = looks[recipe].line(strong=recipe == served)
        axes.plot(drawn.recall, values, markevery=(start, MARK_EVERY), **style)
    axes.set(xlabel="recall, all classes together", ylabel="precision")
    axes.set(xlim=(0, 1), ylim=(0, 1.02))
    _legend(figure, axes, loc="outside right upper")


def _reliability(figure: "Figure", drawn: Curves, looks: Mapping[str, Look], served: str) -> None:
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], ":", color=SOFT, linewidth=1)
    for recipe, bins in drawn.reliability.items():
        filled = bins.count > 0
        axes.plot(
            bins.mean_probability[filled],
            bins.share_present[filled],
            **looks[recipe].line(strong=recipe == served),
        )
    axes.set(xlabel="probability", ylabel="share present", xlim=(0, 1), ylim=(0, 1.02))
    _legend(figure, axes, loc="outside right upper")


def _legend(figure: "Figure", axes: "Axes", **place: Any) -> None:
    """Beside the plot, where it hides nothing."""
    handles, titles = axes.get_legend_handles_labels()
    if handles:
        figure.legend(handles, titles, **place)
