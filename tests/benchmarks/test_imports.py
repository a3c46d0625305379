"""Benchmarks run by hand and seldom: that each still imports shows only here."""

import importlib
import runpy
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULES = sorted((ROOT / "benchmarks").rglob("[!_]*.py"))
COMMANDS = [file for file in MODULES if "__main__" in file.read_text(encoding="utf-8")]


def _named(file: Path) -> str:
    return ".".join(file.relative_to(ROOT).with_suffix("").parts)


def test_there_are_benchmarks() -> None:
    assert COMMANDS


@pytest.mark.parametrize("file", [each for each in MODULES if each not in COMMANDS], ids=_named)
def test_what_benchmarks_share_imports(file: Path) -> None:
    importlib.import_module(_named(file))


@pytest.mark.parametrize("file", COMMANDS, ids=_named)
def test_each_says_how_it_is_called(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", [file.name, "--help"])
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(file), run_name="__main__")
    assert ended.value.code == 0
    assert "usage" in capsys.readouterr().out
