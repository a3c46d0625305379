"""The bench as a table: for a terminal, and as Markdown."""

from collections.abc import Sequence
from dataclasses import dataclass

from bench.compare import Comparisons, Difference, Group, primary_metric
from bench.entries import ENTRIES, title_of


@dataclass(frozen=True, kw_only=True, slots=True)
class TableFigure:
    """One figure of a table."""

    value: float
    low: float
    high: float
    best: bool
    """Whether no method has more."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """Methods by protocols, of one world and one metric."""

    world: str
    metric: str
    protocols: tuple[str, ...]
    methods: tuple[str, ...]
    figures: dict[tuple[str, str], TableFigure]
    """By method and protocol; absent where a method does not apply."""


def tables(comparisons: Comparisons, metric: str | None = None) -> list[Table]:
    """A table for each world and metric; ``metric`` None takes each protocol's own."""
    places: dict[tuple[str, str], list[Group]] = {}
    for group in comparisons.groups:
        shown = metric or primary_metric(group.protocol)
        if all(shown in row.metrics for row in group.rows):
            places.setdefault((group.world, shown), []).append(group)
    return [_table(world, shown, groups, comparisons) for (world, shown), groups in places.items()]


def _table(world: str, metric: str, groups: list[Group], comparisons: Comparisons) -> Table:
    best: dict[str, float] = {}
    for group in groups:
        best[group.protocol] = max(best.get(group.protocol, 0.0), group.mean(metric))
    figures: dict[tuple[str, str], TableFigure] = {}
    for group in groups:
        drawn = comparisons.figure(group, metric)
        figures[group.method, group.protocol] = TableFigure(
            value=drawn.mean,
            low=drawn.low,
            high=drawn.high,
            best=drawn.mean >= best[group.protocol],
        )
    present = {group.method for group in groups}
    return Table(
        world=world,
        metric=metric,
        protocols=tuple(dict.fromkeys(group.protocol for group in groups)),
        methods=tuple(sorted(present, key=list(ENTRIES).index)),
        figures=figures,
    )


def markdown(table: Table) -> str:
    """The table in Markdown, which is also read well in a terminal; the best in bold."""
    head = [f"{table.world}, {table.metric}", *table.protocols]
    body = [
        [title_of(method), *(_words(table.figures.get((method, p))) for p in table.protocols)]
        for method in table.methods
    ]
    widths = [max(len(row[column]) for row in [head, *body]) for column in range(len(head))]
    rule = ["-" * width for width in widths[:1]] + ["-" * (width - 1) + ":" for width in widths[1:]]
    return "\n".join(_line(row, widths) for row in [head, rule, *body])


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    first = row[0].ljust(widths[0])
    rest = [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
    return "| " + " | ".join([first, *rest]) + " |"


def _words(figure: TableFigure | None) -> str:
    if figure is None:
        return "–"
    text = f"{figure.value:.3f}"
    return f"**{text}**" if figure.best else text


def difference_words(difference: Difference) -> str:
    """A paired difference in one sentence."""
    ours, theirs = title_of(difference.method), title_of(difference.against)
    bounds = difference.interval
    place = f"{difference.world}, {difference.protocol}"
    if difference.verdict == "level":
        return (
            f"{place}: {ours} and {theirs} cannot be told apart, {bounds.mean:+.3f} "
            f"[{bounds.low:+.3f}, {bounds.high:+.3f}]."
        )
    word = "above" if difference.verdict == "above" else "below"
    return (
        f"{place}: {ours} is {word} {theirs}, {bounds.mean:+.3f} "
        f"[{bounds.low:+.3f}, {bounds.high:+.3f}]."
    )
