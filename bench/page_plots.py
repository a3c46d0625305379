"""The plots of a bench: drawn once, shown in its page and kept as files."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bench.compare import Comparisons, Difference
from bench.entries import OURS, title_of
from bench.interval_plots import difference_plot, interval_plot
from bench.proposals.cell import FIGURE
from bench.proposals.plot import WORDS, curve_plot, curves_of
from bench.share_plot import share_plot
from bench.table import Table
from project.report.drawing import Drawing

SHARE_PLOTS = {
    "partial": ("When a share of the cells is known", "share of cells that are known"),
    "few": ("When a share of the images is labelled", "share of images that are labelled"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class TablePlots:
    """Of one table."""

    intervals: Drawing
    curves: Mapping[str, tuple[str, Drawing]] = field(default_factory=dict)
    """By kind: the caption and the plot."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PagePlots:
    """All of a page."""

    tables: Mapping[tuple[str, str], TablePlots]
    """By world and metric."""
    ours: Mapping[str, Drawing]
    """Ours against the best of the others, by world."""
    baselines: Mapping[tuple[str, str], Drawing]
    """Every method against a baseline, by world and baseline."""

    @property
    def files(self) -> dict[str, str]:
        """SVG files by name."""
        found: dict[str, str] = {}
        for (world, metric), plots in self.tables.items():
            found[f"{world}-{metric}-intervals.svg"] = plots.intervals.file
            for kind, (_, plot) in plots.curves.items():
                found[f"{world}-{metric}-{kind}.svg"] = plot.file
        return found | {f"{world}-differences.svg": each.file for world, each in self.ours.items()}


def draw_page_plots(comparisons: Comparisons, main: Sequence[Table]) -> PagePlots:
    """Draw whatever there are rows for.

    Args:
        comparisons: The rows.
        main: A table for each world and primary metric.
    """
    ours: dict[str, list[Difference]] = {}
    for each in comparisons.ours_against_best():
        ours.setdefault(each.world, []).append(each)
    baselines: dict[tuple[str, str], list[Difference]] = {}
    for each in comparisons.against_baselines():
        baselines.setdefault((each.world, each.against), []).append(each)
    return PagePlots(
        tables={
            (table.world, table.metric): TablePlots(
                intervals=interval_plot(table), curves=_curves(table, comparisons)
            )
            for table in main
        },
        ours={
            world: difference_plot(found, f"{world}: {title_of(OURS)} − the best of the others")
            for world, found in ours.items()
        },
        baselines={
            (world, rival): difference_plot(
                found, f"{world}: every method − {title_of(rival)}", naming_rivals=False
            )
            for (world, rival), found in baselines.items()
        },
    )


def _curves(table: Table, comparisons: Comparisons) -> dict[str, tuple[str, Drawing]]:
    """Those that the table has at least two shares for, and that of proposals."""
    found = {
        kind: (title, share_plot(table, kind, words))
        for kind, (title, words) in SHARE_PLOTS.items()
        if sum(protocol.startswith(kind) for protocol in table.protocols) > 1
    }
    if table.metric == FIGURE:
        curves = curves_of(comparisons, table.world)
        found["proposals"] = (WORDS, curve_plot(curves, table.world))
    return found
