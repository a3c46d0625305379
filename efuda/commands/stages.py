"""The single stages as commands: `efuda prepare`, `efuda embed` and so on."""

import importlib
from collections.abc import Callable

from efuda.command_answer import Answer

HELP = {
    "prepare": "Read images and labels into tables.",
    "validate": "Check the tables; errors stop the run.",
    "embed": "Turn new images into vectors.",
    "tune": "Choose the settings of every method on the hold-out.",
    "pseudo_label": "Propose the labels that are missing.",
    "train": "Train a tagger for each recipe and seed.",
    "calibrate": "Turn scores into probabilities and thresholds.",
    "evaluate": "Measure on the test split and write the report.",
    "index": "Build the search index.",
    "register": "Put the serving bundle into the registry.",
}
"""Every stage in the order of the data, and one line of help."""


def stage_command(name: str) -> Callable[[], Answer]:
    """The command that runs one stage in the current directory."""

    def stage() -> Answer:
        from project.stage_command import report_lines, run_here

        report = run_here(name, importlib.import_module(f"pipelines.{name}.stage").run)
        return Answer(report, report_lines(name, report))

    return stage
