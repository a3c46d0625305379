"""A figure over the share of labels that are known, one line a method."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from bench.entries import LOOKS, OURS
from bench.table import Table, TableFigure
from project.report.drawing import Drawing, draw

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH_IN, HEIGHT_IN = 6.6, 3.8
NAME_IN = 0.165
"""From one name to the next, where lines end close together."""

Points = Sequence[tuple[int, TableFigure]]


def share_plot(table: Table, kind: str, words: str) -> Drawing:
    """Draw the protocols ``KIND:SHARE`` of a table.

    Args:
        table: Holds them.
        kind: ``partial`` or ``few``.
        words: Below the horizontal axis.
    """
    shares = sorted(float(p.partition(":")[2]) for p in table.protocols if p.startswith(kind))
    lines: dict[str, Points] = {
        method: [
            (place, table.figures[method, f"{kind}:{share:g}"])
            for place, share in enumerate(shares)
            if (method, f"{kind}:{share:g}") in table.figures
        ]
        for method in table.methods
    }
    lines = {method: points for method, points in lines.items() if points}

    def paint(figure: "Figure") -> None:
        axes = figure.subplots()
        for method, points in lines.items():
            places, values = [n for n, _ in points], [found.value for _, found in points]
            axes.plot(places, values, **LOOKS[method].line(strong=method == OURS))
        axes.set_xticks(range(len(shares)), [f"{100 * share:g} %" for share in shares])
        axes.set(xlabel=words, ylabel=table.metric)
        axes.margins(x=0.02)
        _name_lines(axes, lines)

    return draw(
        paint,
        width_in=WIDTH_IN,
        height_in=HEIGHT_IN,
        label=f"{table.world}: {table.metric} over {words}",
        looks=[LOOKS[method] for method in lines],
    )


def _name_lines(axes: "Axes", lines: Mapping[str, Points]) -> None:
    """Names at the right ends of the lines."""
    figure = axes.get_figure(root=True)
    assert figure is not None
    engine = figure.get_layout_engine()
    assert engine is not None
    engine.execute(figure)  # the height of the plot is known only then
    low, high = axes.get_ylim()
    by_end = sorted(lines, key=lambda method: lines[method][-1][1].value)
    ends = [(lines[method][-1][1].value - low) / (high - low) for method in by_end]
    gap = NAME_IN / (HEIGHT_IN * axes.get_position().height)
    for method, end, height in zip(by_end, ends, spread(ends, gap), strict=True):
        colour = LOOKS[method].colour.light
        axes.annotate(
            LOOKS[method].title,
            (lines[method][-1][0], low + end * (high - low)),
            xytext=(1.06, height),
            textcoords="axes fraction",
            va="center",
            color=colour,
            weight="bold" if method == OURS else "normal",
            arrowprops={"arrowstyle": "-", "color": colour, "linewidth": 0.8, "shrinkB": 5},
            annotation_clip=False,
        )


def spread(ends: Sequence[float], gap: float) -> list[float]:
    """Rising places near rising ``ends``, ``gap`` apart and below 1 where there is room.

    Example:
        >>> spread([0.0, 0.5, 0.5], 0.25)
        [0.0, 0.5, 0.75]
    """
    places: list[float] = []
    for end in ends:
        places.append(max(end, places[-1] + gap) if places else end)
    limit = 1.0
    for number in reversed(range(len(places))):
        places[number] = min(places[number], limit)
        limit = places[number] - gap
    return places
