import json
from pathlib import Path

import pytest

from components.errors import InputError
from project.layout import Layout
from tests.efuda.called import call
from tests.projects.registered_project import evaluated_project, put_tagger, register_here


@pytest.fixture
def layout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Layout:
    """A project with a challenger and no champion."""
    monkeypatch.chdir(tmp_path)
    layout = evaluated_project(tmp_path, evaluate={"num_bootstrap": 200})
    register_here(layout)
    return layout


def register_a_worse_one(layout: Layout) -> None:
    put_tagger(layout, noise=1.0)
    register_here(layout)


def test_people_and_programs_are_told_the_decision(layout, capsys):
    assert call("promote") == 0
    told = capsys.readouterr().out
    [record] = layout.decisions.glob("*.json")
    assert told.startswith(
        "toy version 1: promoted. It is the first version. Version 1 beats zero-shot by"
    )
    assert f"Record: {record.relative_to(layout.root)}" in told
    assert call("promote", "--json") == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["outcome"], answer["record"]) == ("unchanged", None)


def test_a_refusal_has_a_status_of_its_own_and_says_what_got_worse(layout, capsys):
    call("promote")
    register_a_worse_one(layout)
    assert call("promote") == 2
    told = capsys.readouterr().out
    assert "labels got worse, most of all (AP): label " in told
    assert "--force --reason TEXT" in told
    assert call("promote", "--force", "--reason", "more labels") == 0
    assert call("promote", "--rollback") == 0


def test_force_wants_a_reason_and_no_rollback():
    with pytest.raises(InputError, match="--reason"):
        call("promote", "--force")
    with pytest.raises(InputError, match="--reason"):
        call("promote", "--force", "--reason", " ")
    with pytest.raises(InputError, match="exclude each other"):
        call("promote", "--force", "--reason", "why", "--rollback")


def test_a_second_decision_on_the_test_split_says_that_it_decided_before(layout, capsys):
    call("promote")
    assert "has decided" not in capsys.readouterr().out
    register_a_worse_one(layout)
    card = (layout.bundle / "README.md").read_text(encoding="utf-8")
    assert "This test split has decided once before" in card
    call("promote")
    assert "This test split has decided once before; each time" in capsys.readouterr().out
    call("promote", "--json")
    assert json.loads(capsys.readouterr().out)["split_decided_before"] == 2
