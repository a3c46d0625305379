import importlib.util
import subprocess
import sys
import time
from pathlib import Path

import pytest

from efuda.cli import COMMANDS, main

STAGES = [
    "prepare", "validate", "embed", "tune", "pseudo_label",
    "train", "calibrate", "evaluate", "index", "register",
]  # fmt: skip
HEAVY = (
    "torch",
    "ray",
    "mlflow",
    "great_expectations",
    "matplotlib",
    "open_clip",
    "pydantic",
    "numpy",
)


def test_every_command_names_a_module_that_exists():
    for command in COMMANDS.values():
        assert importlib.util.find_spec(command.module) is not None


def test_there_is_one_command_a_stage_and_the_others():
    assert [name for name, command in COMMANDS.items() if command.is_stage] == STAGES
    others = {"init", "run", "serve", "query", "promote", "doctor", "results", "bench"}
    assert {name for name, command in COMMANDS.items() if not command.is_stage} == others


def test_help_imports_nothing_heavy_and_is_quick():
    code = (
        "import sys; from efuda.cli import main; main(['--help']);"
        f"print([name for name in {HEAVY} if name in sys.modules])"
    )
    start = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    elapsed_s = time.perf_counter() - start
    assert done.stdout.splitlines()[-1] == "[]"
    assert all(name in done.stdout for name in COMMANDS)
    # Measured 0.08 s; the bound leaves room for a busy machine.
    assert elapsed_s < 5


def test_an_unknown_command_is_told_the_nearest(capsys):
    assert main(["emebd"]) == 2
    assert "Did you mean `efuda embed`?" in capsys.readouterr().err


def test_a_hyphen_is_as_good_as_an_underscore(capsys):
    with pytest.raises(SystemExit) as end:
        main(["pseudo-label", "--help"])
    assert end.value.code == 0
    assert "efuda pseudo_label" in capsys.readouterr().out


def test_without_a_command_it_shows_the_help_and_fails(capsys):
    assert main([]) == 2
    assert "commands:" in capsys.readouterr().out


@pytest.mark.parametrize("command", ["run", "results", "promote", "prepare"])
def test_outside_a_project_it_says_what_to_do(command, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main([command]) == 2
    error = capsys.readouterr().err
    assert "efuda" in error
    assert "Traceback" not in error
    assert not list(tmp_path.iterdir())


def test_a_fault_of_the_program_is_not_blamed_on_the_user(monkeypatch, capsys):
    def broken(name: str, arguments: list[str]) -> int:
        raise RuntimeError("a planted fault")

    monkeypatch.setattr("efuda.cli.dispatch", broken)
    assert main(["doctor"]) == 1
    assert "a planted fault" in capsys.readouterr().err


def test_the_installed_command_answers():
    command = Path(sys.executable).with_name("efuda")
    done = subprocess.run([command, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("efuda 0.")
