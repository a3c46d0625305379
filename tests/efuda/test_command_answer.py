import json
from pathlib import Path
from typing import Annotated, Any

import pytest
import typer
from typer.main import get_command

from components.errors import InputError
from efuda.command_answer import Answer, AnswerCommand

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command(cls=AnswerCommand)
def weigh(fruit: Annotated[str, typer.Argument()]) -> Answer:
    """Weigh a fruit."""
    print("a library that chats")
    if fruit == "stone":
        raise InputError("A stone is no fruit.")
    return Answer({"fruit": fruit, "kept": Path("scales")}, ["It is", fruit], status=2)


def call(*arguments: str) -> Any:
    return get_command(app).main(list(arguments), standalone_mode=False)


def test_people_read_lines_and_programs_one_object(capsys):
    assert call("quince") == 2
    told = capsys.readouterr()
    assert (told.out, told.err) == ("It is\nquince\n", "a library that chats\n")
    assert call("--json", "quittë") == 2
    told = capsys.readouterr()
    assert json.loads(told.out) == {"fruit": "quittë", "kept": "scales"}
    assert "quittë" in told.out
    assert told.err == "a library that chats\n"


def test_a_fault_is_raised_and_told_to_programs(capsys):
    with pytest.raises(InputError, match="no fruit"):
        call("stone", "--json")
    assert json.loads(capsys.readouterr().out) == {"error": "A stone is no fruit."}
    with pytest.raises(InputError, match="no fruit"):
        call("stone")
    assert capsys.readouterr().out == ""


def test_the_option_is_in_the_help(capsys):
    assert call("--help") == 0
    assert "--json" in capsys.readouterr().out
