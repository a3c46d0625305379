"""How a stage ends, and what it finds of runs that were killed."""

import errno
import json
import os
from pathlib import Path

import pytest

from components.errors import InputError
from project.layout import Layout
from project.settings import Settings
from project.stage_command import Report, run_stage
from tests.projects.learning_project import write_params


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    write_params(Layout(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def full(settings: Settings, layout: Layout) -> Report:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "data/index")


def wrong(settings: Settings, layout: Layout) -> Report:
    raise InputError("The label 'dgo' is unknown.")


def well(settings: Settings, layout: Layout) -> Report:
    return {"summary": ["all", "  is well"]}


def test_faults_of_the_machine_and_of_the_user_are_one_sentence_and_status_2(project, capsys):
    for run, words in ((full, "no space left on the disk"), (wrong, "'dgo' is unknown")):
        assert run_stage("index", run, ["--json"]) == 2
        told = capsys.readouterr()
        [sentence] = told.err.splitlines()
        assert sentence.startswith("efuda index: ")
        assert words in sentence
        assert words in json.loads(told.out)["error"]


def test_a_bug_is_raised(project):
    with pytest.raises(ZeroDivisionError):
        run_stage("index", lambda *_: {"summary": str(1 / 0)}, [])


@pytest.mark.parametrize("folder", ["", "data", "data/taggers/vlpl", "reports", ".efuda"])
def test_what_killed_runs_left_is_removed_by_any_stage(project, folder, capsys):
    left = project / folder / ".efuda-0123456789ab.tmp"
    (left / "head").mkdir(parents=True)
    mine = project / folder / ".mine.tmp"
    mine.mkdir()
    assert run_stage("index", well, []) == 0
    assert capsys.readouterr().out == "index: all\n  is well\n"
    assert not left.exists()
    assert mine.exists()
