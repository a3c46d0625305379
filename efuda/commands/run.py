"""`efuda run`: `dvc repro`, with the Python that runs Efuda itself."""

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import typer

from components.errors import InputError
from efuda.command_answer import Answer

_RUNNING = re.compile(r"Running stage '([^']+)'")
_EXITED = re.compile(r"exited with (\d+)")
_STAGE_USER_ERROR = "2"


def run(ctx: typer.Context) -> Answer:
    """Run every stage whose inputs have changed.

    Targets and options are those of `dvc repro`: `efuda run train` stops after
    train, `efuda run --force embed` runs it although nothing changed,
    `--single-item` runs a stage without those before it, `--downstream tune` it
    and all that follow, `--dry` only tells what would run. `dvc repro --help`
    lists them all. First dvc.yaml is brought in step with params.yaml.
    """
    for line in fitted_project(Path()):
        print(f"efuda run: {line}", file=sys.stderr)
    status, ran, tail = run_stages(ctx.args)
    report: dict[str, object] = {"ok": status == 0, "ran": ran}
    if status == 0:
        return Answer(report)
    exits = _EXITED.findall(tail)
    return Answer(
        {**report, "error": tail.strip()},
        status=2 if not exits or _STAGE_USER_ERROR in exits else 1,
    )


def command_line(arguments: Sequence[str]) -> list[str]:
    """The DVC command that `efuda run` stands for."""
    return [sys.executable, "-m", "dvc", "repro", *arguments]


def stages_run(output: str) -> list[str]:
    """The stages that ran, from what `efuda run` has told."""
    return _RUNNING.findall(output)


def fitted_project(root: Path) -> list[str]:
    """Refuse to run outside a project, and bring its graph in step with its settings.

    Returns:
        What had to be written, a sentence each.

    Raises:
        InputError: Saying what is missing or wrong.
    """
    from project.dvc_locks import free_dead_locks
    from project.graph import fit_graph
    from project.settings import load_settings

    settings = load_settings(root / "params.yaml")
    if not (root / "dvc.yaml").is_file():
        raise InputError(
            "There is no dvc.yaml here; make a project with `efuda init`, or, where it was lost, "
            "write it from params.yaml with `python -m project.graph`."
        )
    if not (root / ".dvc").is_dir():
        raise InputError("This is not a DVC repository; run `git init` and `dvc init` here.")
    free_dead_locks(root)
    return fit_graph(root, settings)


def run_stages(arguments: Sequence[str]) -> tuple[int, list[str], str]:
    """Run DVC with its output copied to stderr; exit status, stages run, last output."""
    from project.environment import with_this_python_first

    ran: list[str] = []
    tail: list[str] = []
    with subprocess.Popen(
        command_line(arguments),
        env=with_this_python_first(os.environ),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            print(line, end="", file=sys.stderr)
            ran += stages_run(line)
            tail = [*tail[-19:], line]
    return process.returncode, ran, "".join(tail)
