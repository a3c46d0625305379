"""`efuda results`."""

from efuda.command_answer import Answer


def results() -> Answer:
    """Print the table of figures of the last run."""
    from components.atomic import read_json
    from project.layout import Layout
    from project.report.table import render_table

    layout = Layout()
    metrics = read_json(layout.metrics)
    lines = [
        f"Test split, {metrics['num_images']} images, mean over seeds with interval:",
        render_table(metrics),
        *metrics["not_computable"],
        f"Report: {layout.report_page}",
    ]
    return Answer(metrics, lines)
