"""`efuda results`: the table of figures of the last run."""

import argparse
import json
from collections.abc import Mapping, Sequence

from components.atomic import read_json
from pipelines.layout import Layout

METRICS = ("mAP", "CF1", "OF1")


def _cell(figure: Mapping[str, float]) -> str:
    return f"{100 * figure['mean']:.1f} [{100 * figure['low']:.1f}, {100 * figure['high']:.1f}]"


def results_table(test: Mapping[str, Mapping[str, Mapping[str, float]]]) -> list[str]:
    """Lines of a plain table: a row a recipe, in per cent with the interval.

    Args:
        test: The part ``test`` of reports/metrics.json.
    """
    rows = [["recipe", *(f"{name} %" for name in METRICS)]]
    for recipe, figures in test.items():
        rows.append([recipe, *(_cell(figures[name]) for name in METRICS)])
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
    test = metrics["test"]
    num_seeds = max(len(figures["mAP"].get("seeds", [0])) for figures in test.values())
    print(f"Test split, mean over up to {num_seeds} seeds with 95 % interval:")
    print("\n".join(results_table(test)))
    print(f"Report: {layout.report_page}")
    return 0
