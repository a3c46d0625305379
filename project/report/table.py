"""The table of figures for a terminal."""

import io
from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table

from project.report.words import difference_sentence, recipe_name, rival_sentence

COLUMNS = ("mAP", "CF1", "OF1")
OBSERVED = "observed_"
WIDTH = 120


def render_table(metrics: Mapping[str, Any]) -> str:
    """Test figures of every recipe with intervals, and how they compare.

    Args:
        metrics: The content of reports/metrics.json.

    Returns:
        Plain text of several lines, without a line break at the end.
    """
    if not any(metrics["test"].values()):
        names = ", ".join(recipe_name(recipe) for recipe in metrics["test"])
        return f"{names}: not measured, no label is known to be present in the test split"
    prefix = OBSERVED if metrics.get("rule") == "observed" else ""
    table = Table(box=None, pad_edge=False, header_style="")
    table.add_column("recipe", no_wrap=True)
    for name in COLUMNS:
        table.add_column(f"{prefix}{name}", justify="left")
    table.add_column("mAP by seed")
    for recipe, figures in metrics["test"].items():
        cells = [_cell(figures.get(prefix + name)) for name in COLUMNS]
        table.add_row(recipe_name(recipe), *cells, _seeds(figures.get(f"{prefix}mAP")))
    sentences = [
        difference_sentence(pair, difference, f"{prefix}mAP")
        for pair, difference in metrics.get("paired_differences", {}).items()
    ]
    lines = [_plain(table), rival_sentence(metrics), *sentences]
    return "\n".join(line for line in lines if line)


def _cell(figure: Mapping[str, float] | None) -> str:
    if figure is None:
        return "–"
    return f"{figure['mean']:.3f} [{figure['low']:.3f}, {figure['high']:.3f}]"


def _seeds(figure: Mapping[str, Any] | None) -> str:
    return "–" if figure is None else " ".join(f"{value:.3f}" for value in figure["seeds"])


def _plain(table: Table) -> str:
    buffer = io.StringIO()
    Console(file=buffer, width=WIDTH, color_system=None).print(table)
    return "\n".join(line.rstrip() for line in buffer.getvalue().splitlines())
