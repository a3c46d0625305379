"""`efuda run`: `dvc repro`, with the Python that runs Efuda itself.

Targets and options are DVC's own: `efuda run train`, `efuda run --force embed`,
`efuda run --downstream tune`, `efuda run --dry`.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from components.errors import InputError
from project.environment import with_this_python_first
from project.settings import load_settings

_RUNNING = re.compile(r"Running stage '([^']+)'")
_EXITED = re.compile(r"exited with (\d+)")
_STAGE_USER_ERROR = "2"


def command_line(arguments: Sequence[str]) -> list[str]:
    """The DVC command that `efuda run` stands for."""
    return [sys.executable, "-m", "dvc", "repro", *arguments]


def check_project(root: Path) -> None:
    """Refuse to run outside a project, or with settings that cannot be used.

    Raises:
        InputError: Saying what is missing or wrong.
    """
    load_settings(root / "params.yaml")
    if not (root / "dvc.yaml").is_file():
        raise InputError("There is no dvc.yaml here; make a project with `efuda init`.")
    if not (root / ".dvc").is_dir():
        raise InputError("This is not a DVC repository; run `git init` and `dvc init` here.")


def _run_told(arguments: Sequence[str]) -> tuple[int, list[str], str]:
    """Run DVC with its output copied to stderr; exit status, stages run, last output."""
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
            ran += _RUNNING.findall(line)
            tail = [*tail[-19:], line]
    return process.returncode, ran, "".join(tail)


def _report(status: int, ran: list[str], tail: str) -> dict[str, object]:
    report: dict[str, object] = {"ok": status == 0, "ran": ran}
    if status:
        report["error"] = tail.strip()
    return report


def main(arguments: Sequence[str]) -> int:
    """Entry point of `efuda run`."""
    passed = [argument for argument in arguments if argument != "--json"]
    as_json = len(passed) < len(arguments)
    if not {"-h", "--help"} & set(passed):
        check_project(Path())
    elif not as_json:
        print(__doc__.strip() + "\n")
    status, ran, tail = _run_told(passed)
    if as_json:
        print(json.dumps(_report(status, ran, tail), ensure_ascii=False))
    if status == 0:
        return 0
    exits = _EXITED.findall(tail)
    return 2 if not exits or _STAGE_USER_ERROR in exits else 1
