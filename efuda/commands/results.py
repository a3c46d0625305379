"""`efuda results`: the table of figures of the last run."""

import argparse
import json
from collections.abc import Sequence

from components.atomic import read_json
from project.layout import Layout
from project.report.table import render_table


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
