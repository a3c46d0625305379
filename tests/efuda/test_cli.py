import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.core import TyperGroup
from typer.main import get_command

from efuda import cli
from efuda.commands.stages import HELP
from project.graph import stage_files
from project.settings import load_settings

DEMO = load_settings(Path(__file__).parents[2] / "params.yaml")
STAGES = [stage.name for stage in stage_files(DEMO)]
OTHERS = [
    "init",
    "encoders",
    "run",
    "submit",
    "results",
    "labels",
    "tag",
    "bench",
    "promote",
    "serve",
    "query",
    "doctor",
]
HEAVY = (
    "torch",
    "ray",
    "mlflow",
    "great_expectations",
    "matplotlib",
    "open_clip",
    "pydantic",
    "numpy",
    "rich",
)


def names() -> list[str]:
    command = get_command(cli.app)
    assert isinstance(command, TyperGroup)
    return list(command.commands)


def in_a_process(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "efuda.cli", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment},
    )


def test_there_is_one_command_a_stage_and_the_others():
    assert list(HELP) == STAGES
    assert set(names()) - {"help"} == {*OTHERS, *STAGES}


def test_help_imports_nothing_heavy_and_is_quick():
    code = (
        "import sys; from efuda.cli import main; main(['--help']);"
        f"print([name for name in {HEAVY} if name in sys.modules])"
    )
    start = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    elapsed_s = time.perf_counter() - start
    assert done.stdout.splitlines()[-1] == "[]"
    assert all(f"\n  {name} " in done.stdout for name in (*OTHERS, *STAGES))
    # Measured 0.15 s; the bound leaves room for a busy machine.
    assert elapsed_s < 1


@pytest.mark.parametrize("arguments", [["help"], ["-h"], ["--help"]])
def test_every_word_for_help_shows_the_same(arguments, capsys):
    assert cli.main(arguments) == 0
    told = capsys.readouterr().out
    assert told.startswith("Usage: efuda")
    assert "Single stages" in told
    assert "Exit status: 0 done, 2 something" in " ".join(told.split())


@pytest.mark.parametrize("name", [*OTHERS, *STAGES])
def test_every_command_tells_its_options(name, capsys):
    assert cli.main([name, "-h"]) == 0
    told = capsys.readouterr().out
    assert told.startswith(f"Usage: efuda {name}")
    assert ("--json" in told) is (name not in ("query", "labels"))


def test_an_unknown_command_is_told_the_nearest(capsys):
    assert cli.main(["emebd"]) == 2
    assert "Did you mean `efuda embed`?" in capsys.readouterr().err
    assert cli.main(["xyzzy"]) == 2
    assert "`efuda --help` lists the commands" in capsys.readouterr().err


def test_a_hyphen_is_as_good_as_an_underscore(capsys):
    assert cli.main(["pseudo-label", "--help"]) == 0
    assert "efuda pseudo_label" in capsys.readouterr().out


def test_without_a_command_it_shows_the_help_and_fails(capsys):
    assert cli.main([]) == 2
    assert "Commands:" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["init"], "efuda init: Missing argument 'DIR'"),
        (["init", "made"], "efuda init: Missing option '--images'"),
        (["init", "made", "--images", ".", "--source", "cocoa"], "'cocoa' is not one of 'coco'"),
        (["doctor", "--jsn"], "efuda doctor: No such option: --jsn"),
        (["query", "tga"], "Did you mean 'tag'?"),
        (["--bogus"], "efuda: No such option: --bogus"),
    ],
)
def test_what_cannot_be_read_is_told_without_a_traceback(arguments, told, capsys):
    assert cli.main(arguments) == 2
    error = capsys.readouterr().err
    assert told in error
    assert "--help` tells what it takes" in error
    assert "Traceback" not in error


@pytest.mark.parametrize("command", ["run", "results", "promote", "prepare", "serve"])
def test_outside_a_project_it_says_what_to_do(command, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert cli.main([command]) == 2
    error = capsys.readouterr().err
    assert "efuda" in error
    assert "Traceback" not in error
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("command", ["run", "results", "promote", "embed"])
def test_programs_read_the_fault_too(command, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert cli.main([command, "--json"]) == 2
    told = capsys.readouterr()
    assert json.loads(told.out)["error"] in told.err


def broken(fault: BaseException):
    def examine(root: Path) -> list[object]:
        print("a library that chats")
        raise fault

    return examine


def test_a_fault_of_the_program_is_not_blamed_on_the_user(monkeypatch, capsys):
    monkeypatch.setattr("efuda.checkup.examine.examine", broken(RuntimeError("a planted fault")))
    assert cli.main(["doctor"]) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert "a planted fault" in told.err
    assert "efuda doctor: this is a fault of Efuda's" in told.err


def test_a_stop_is_no_fault(monkeypatch, capsys):
    monkeypatch.setattr("efuda.checkup.examine.examine", broken(KeyboardInterrupt()))
    assert cli.main(["doctor"]) == 130
    told = capsys.readouterr().err
    assert "efuda doctor: stopped" in told
    assert "Traceback" not in told


def test_a_reader_who_leaves_is_no_fault():
    command = f"{sys.executable} -m efuda.cli doctor; echo status $? >&2"
    with subprocess.Popen(
        ["bash", "-c", f"({command}) | true"], stderr=subprocess.PIPE, text=True
    ) as process:
        told = process.communicate()[1]
    assert told == "status 0\n"


def test_the_installed_command_answers():
    command = Path(sys.executable).with_name("efuda")
    done = subprocess.run([command, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("efuda 0.")


def test_the_shell_completes_commands_and_options():
    def completed(line: str) -> list[str]:
        return in_a_process(
            _EFUDA_COMPLETE="complete_bash", COMP_WORDS=line, COMP_CWORD=str(line.count(" "))
        ).stdout.split()

    assert completed("efuda pro") == ["promote"]
    assert "pseudo_label" in completed("efuda ")
    assert completed("efuda promote --ro") == ["--rollback"]
    assert completed("efuda init --source c") == ["coco", "csv", "cub"]


def test_completion_is_installed_for_the_shell_in_use(tmp_path):
    # The shell is found among the parents, so one is started around it.
    done = subprocess.run(
        ["bash", "-c", f"{sys.executable} -m efuda.cli --install-completion; true"],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "HOME": str(tmp_path), "SHELL": "/bin/bash"},
    )
    assert "bash completion installed" in done.stdout
    [script] = tmp_path.rglob("efuda.sh")
    assert "_EFUDA_COMPLETE=complete_bash" in script.read_text(encoding="utf-8")
