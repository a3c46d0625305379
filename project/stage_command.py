"""What every ``python -m pipelines.<stage>`` has in common."""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from typing import Any

from components.errors import InputError
from components.machine_faults import machine_faults_told
from components.staging import sweep, sweep_below
from project.environment import quiet_environment
from project.layout import Layout
from project.settings import Settings, load_settings
from project.stage_lock import only_run

Report = dict[str, Any]
"""What a stage tells of its work, in values that JSON knows."""


def run_here(name: str, run: Callable[[Settings, Layout], Report]) -> Report:
    """Run a stage in the current directory, alone, and hand back its report.

    What killed runs left half-written is removed first.

    Raises:
        InputError: If the settings, or what the stage reads, cannot be used, or the machine
            cannot do what it takes.
    """
    with machine_faults_told():
        settings, layout = load_settings(), Layout()
        # Libraries that chat on stdout must not spoil the one JSON object there.
        with only_run(name, layout.scratch), redirect_stdout(sys.stderr):
            sweep(layout.root)
            for folder in layout.written:
                sweep_below(folder)
            return run(settings, layout)


def run_stage(
    name: str, run: Callable[[Settings, Layout], Report], arguments: Sequence[str] | None = None
) -> int:
    """Run a stage in the current directory and print its report.

    The key ``summary`` of a report, a sentence or a list of them, is what
    people read; with ``--json`` the whole report is printed as one object.
    A fault of the user's ends in one clean message and exit status 2.
    """
    parser = argparse.ArgumentParser(prog=f"efuda {name}", description=run.__doc__)
    parser.add_argument("--json", action="store_true", help="print the report as one JSON object")
    options = parser.parse_args(arguments)
    quiet_environment()
    try:
        report = run_here(name, run)
    except InputError as fault:
        if options.json:
            print(json.dumps({"error": str(fault)}, ensure_ascii=False))
        print(f"efuda {name}: {fault}", file=sys.stderr)
        return 2
    if options.json:
        print(json.dumps(report, ensure_ascii=False, default=str))
    else:
        print("\n".join(report_lines(name, report)))
    return 0


def stage_main(name: str, run: Callable[[Settings, Layout], Report]) -> None:
    """Entry point of a stage module."""
    sys.exit(run_stage(name, run))


def report_lines(name: str, report: Report) -> list[str]:
    """What people read of a stage's report."""
    summary = report.get("summary", "done")
    lines = [summary] if isinstance(summary, str) else [str(line) for line in summary]
    return [f"{name}: {lines[0]}", *lines[1:]]
