"""What a command hands back, and the one place that prints it, for people or as JSON."""

import json
import sys
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from typing import Annotated, Any

import typer
from typer.core import TyperCommand
from typer.main import get_command

from components.errors import InputError
from components.machine_faults import machine_faults_told


@dataclass(frozen=True, slots=True)
class Answer:
    """The report that ``--json`` prints, the lines that people read, and the exit status."""

    report: Mapping[str, object]
    lines: Sequence[str] = ()
    status: int = 0


class AnswerCommand(TyperCommand):
    """A command that hands back an :class:`Answer`; it gains ``--json``.

    While it runs, standard output is standard error: libraries that chat must
    not spoil what programs read.
    """

    def __init__(self, *arguments: Any, params: Sequence[Any] | None = None, **settings: Any):
        super().__init__(*arguments, params=[*(params or ()), _json_option()], **settings)

    def invoke(self, ctx: Any) -> int:
        """Run the command, print what it answers and return its exit status."""
        as_json = ctx.params.pop("json")
        try:
            with redirect_stdout(sys.stderr), machine_faults_told():
                answer: Answer = super().invoke(ctx)
        except InputError as fault:
            if as_json:
                _print_json({"error": str(fault)})
            raise
        if as_json:
            _print_json(answer.report)
        elif answer.lines:
            print("\n".join(answer.lines), flush=True)
        return answer.status


def _print_json(report: Mapping[str, object]) -> None:
    print(json.dumps(report, ensure_ascii=False, default=str), flush=True)


def _json_option() -> Any:
    """The option as typer makes it of a parameter; it has no public way to make one alone."""

    def takes_json(
        json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    ) -> None:
        del json

    alone = typer.Typer(add_completion=False)
    alone.command()(takes_json)
    return get_command(alone).params[0]
