"""`efuda results`: the table of figures of the last run."""

import argparse
import json
from collections.abc import Mapping, Sequence

from components.atomic import read_json
from pipelines.layout import Layout
from pipelines.report.table import render_table

METRICS = ("mAP", "CF1", "OF1")
OBSERVED = "observed_"


def _cell(figure: Mapping[str, float] | None) -> str:
    if figure is None:
        return "–"
    return f"{100 * figure['mean']:.1f} [{100 * figure['low']:.1f}, {100 * figure['high']:.1f}]"


def results_table(test: Mapping[str, Mapping[str, Mapping[str, float]]]) -> list[str]:
    """Lines of a plain table: a row a recipe, in per cent with the interval.

    Args:
        test: The part ``test`` of reports/metrics.json.
    """
    is_observed = any(OBSERVED + METRICS[0] in figures for figures in test.values())
    names = [OBSERVED + name if is_observed else name for name in METRICS]
    rows = [["recipe", *(f"{name} %" for name in names)]]
    for recipe, figures in test.items():
        rows.append([recipe, *(_cell(figures.get(name)) for name in names)])
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def main(arguments: Sequence[str]) -> int:
    """Entry point of `efuda results`."""
    parser = argparse.ArgumentParser(prog="efuda results", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print metrics.json as one object")
    options = parser.parse_args(arguments)
    layout = Layout()
    metrics = read_json(layout.metrics)
    if options.json:
        print(json.dumps(metrics, ensure_ascii=False))
        return 0
    print(f"Test split, {metrics['num_images']} images, mean over seeds with interval:")
    lines = [render_table(metrics), *metrics["not_computable"], f"Report: {layout.report_page}"]
    print("\n".join(lines))
    return 0
