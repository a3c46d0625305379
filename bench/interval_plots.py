"""Figures and differences as dots with their intervals, one row each."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.compare import Difference
from bench.entries import LOOKS, OURS, title_of
from bench.table import Table
from project.report.drawing import Drawing, draw
from project.report.style import GREY, INK, LINE, Look

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH_IN = 7.2
ROW_IN = 0.21
EDGES_IN = 0.55
"""Above and below the rows: the numbers of the axis."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Row:
    label: str
    value: float = 0.0
    low: float = 0.0
    high: float = 0.0
    number: str = ""
    look: Look | None = None
    """None for the heading of the rows that follow."""
    strong: bool = False


def interval_plot(table: Table) -> Drawing:
    """Every method's figure in every protocol, best first, protocol under protocol."""
    rows: list[_Row] = []
    for protocol in table.protocols:
        rows.append(_Row(label=protocol))
        present = [m for m in table.methods if (m, protocol) in table.figures]
        for method in sorted(present, key=lambda m: -table.figures[m, protocol].value):
            found = table.figures[method, protocol]
            rows.append(
                _Row(
                    label=title_of(method),
                    value=found.value,
                    low=found.low,
                    high=found.high,
                    number=f"{found.value:.3f}",
                    look=LOOKS[method],
                    strong=method == OURS,
                )
            )
    label = f"{table.world}: {table.metric} of every method in every protocol"
    return _drawn(rows, label, signed=False)


def difference_plot(
    differences: Sequence[Difference], label: str, *, naming_rivals: bool = True
) -> Drawing:
    """Paired differences with their intervals about 0; grey where the interval holds 0.

    Args:
        differences: One row each.
        label: What the plot shows.
        naming_rivals: Whether rows say against whom, each with its protocol; else the label
            does, and protocols stand above their rows.
    """
    rows: list[_Row] = []
    for each in differences:
        if not naming_rivals and each.protocol not in (row.label for row in rows):
            rows.append(_Row(label=each.protocol))
        level = each.verdict == "level"
        own = LOOKS[each.method]
        pair = f"{each.protocol}: {own.title} − {title_of(each.against)}"
        rows.append(
            _Row(
                label=pair if naming_rivals else own.title,
                value=each.interval.mean,
                low=each.interval.low,
                high=each.interval.high,
                number=f"{each.interval.mean:+.3f}",
                look=Look(title=own.title, marker=own.marker, colour=GREY if level else own.colour),
                strong=not level,
            )
        )
    return _drawn(rows, label, signed=True)


def _drawn(rows: Sequence[_Row], label: str, *, signed: bool) -> Drawing:
    def paint(figure: "Figure") -> None:
        axes = figure.subplots()
        for place, row in enumerate(rows):
            _paint_row(axes, place, row)
        axes.set_yticks(range(len(rows)), [row.label if row.look else "" for row in rows])
        for text, row in zip(axes.get_yticklabels(), rows, strict=True):
            text.set(color=INK, fontweight="bold" if row.strong else "normal")
        axes.set(ylim=(len(rows) - 0.4, -0.6), xlim=_limits(rows, holding_zero=signed))
        axes.grid(visible=False, axis="y")
        axes.spines[["left", "bottom"]].set_visible(False)
        # The rows may be more than fit a screen, so both ends have the numbers.
        axes.tick_params(axis="x", labeltop=True)
        if signed:
            axes.xaxis.set_major_formatter(lambda value, _: f"{value:+.3g}" if value else "0")
            axes.axvline(0, color=INK, linewidth=1, alpha=0.6, zorder=2)

    return draw(
        paint,
        width_in=WIDTH_IN,
        height_in=EDGES_IN + ROW_IN * max(len(rows), 1),
        label=label,
        looks=[row.look for row in rows if row.look],
    )


def _paint_row(axes: "Axes", place: int, row: _Row) -> None:
    across = axes.get_yaxis_transform()
    if row.look is None:
        axes.axhline(place - 0.5, color=LINE, linewidth=0.8)
        axes.text(
            0, place, row.label, transform=across, va="center_baseline", ha="left", weight="bold"
        )
        return
    axes.plot(
        [row.low, row.high],
        [place, place],
        color=row.look.colour.light,
        linewidth=2.4 if row.strong else 1.6,
        zorder=3,
    )
    axes.plot(
        [row.value], [place], linestyle="none", zorder=4, **row.look.points(strong=row.strong)
    )
    axes.annotate(
        row.number,
        (1, place),
        xycoords=across,
        xytext=(8, 0),
        textcoords="offset points",
        va="center_baseline",
        weight="bold" if row.strong else "normal",
        annotation_clip=False,
    )


def _limits(rows: Sequence[_Row], *, holding_zero: bool) -> tuple[float, float]:
    """From a little below the lowest bound to a little above the highest."""
    bounds = [bound for row in rows if row.look for bound in (row.low, row.high)]
    bounds = [bound for bound in bounds if bound == bound] + [0.0] * holding_zero
    low, high = (min(bounds), max(bounds)) if bounds else (0.0, 1.0)
    room = max(0.04 * (high - low), 0.002)
    return low - room, high + room
