"""Calls one command of `efuda` in this process; its errors are raised, not told."""

from typing import Any

from typer.main import get_command

from efuda.cli import app


def call(name: str, *arguments: object) -> int:
    """Run the command and return its exit status."""
    group: Any = get_command(app)
    return group.commands[name].main([str(each) for each in arguments], standalone_mode=False)
