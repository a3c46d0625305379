"""The group of all commands: how it lists them, finds them, and how they end."""

import difflib
import os
import sys
import traceback
from typing import Any

import typer
from typer.core import TyperGroup

from components.errors import InputError
from components.machine_faults import machine_faults_told

USER_ERROR = 2
BUG = 1
STOPPED = 130
"""What shells report of a program that Ctrl+C ended."""

COMMANDS = "Commands"
STAGES = "Single stages, run in a project's directory (`efuda run` runs them in order)"


class CommandGroup(TyperGroup):
    """Finds commands, also misspelt ones, and turns every end into an exit status."""

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command; a hyphen is as good as an underscore."""
        return super().get_command(ctx, cmd_name.replace("-", "_"))

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that the first argument names.

        Raises:
            InputError: If there is none, naming the nearest.
        """
        if not args[0].startswith("-") and self.get_command(ctx, args[0]) is None:
            raise InputError(_unknown(args[0], self.list_commands(ctx)))
        _, command, rest = super().resolve_command(ctx, args)
        return (command.name if command else None), command, rest

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the commands, and below them the stages."""
        shown = [command for command in self.commands.values() if not command.hidden]
        for panel in (COMMANDS, STAGES):
            rows = [
                (str(each.name), each.get_short_help_str(formatter.width))
                for each in shown
                if (getattr(each, "rich_help_panel", None) or COMMANDS) == panel
            ]
            with formatter.section(panel):
                formatter.write_dl(rows)

    def invoke(self, ctx: Any) -> int:
        """Run the command that was given; its exit status is returned."""
        try:
            with machine_faults_told():
                status = int(super().invoke(ctx) or 0)
                sys.stdout.flush()
        except (typer.Exit, typer.Abort, typer.TyperException):
            raise
        except InputError as fault:
            print(f"{_called(ctx)}: {fault}", file=sys.stderr)
            return USER_ERROR
        except KeyboardInterrupt:
            print(f"{_called(ctx)}: stopped", file=sys.stderr)
            return STOPPED
        except BrokenPipeError:
            _leave_the_pipe()
            return 0
        except Exception:  # noqa: BLE001 - the last one who can say what to do next
            traceback.print_exc()
            print(f"{_called(ctx)}: this is a fault of Efuda's, please report it.", file=sys.stderr)
            return BUG
        return status


def _unknown(word: str, names: list[str]) -> str:
    near = difflib.get_close_matches(word.replace("-", "_"), names, n=1, cutoff=0.5)
    hint = f"Did you mean `efuda {near[0]}`?" if near else "`efuda --help` lists the commands."
    return f"there is no command {word!r}. {hint}"


def _called(ctx: Any) -> str:
    return " ".join(filter(None, ("efuda", ctx.invoked_subcommand)))


def _leave_the_pipe() -> None:
    """Let what Python still flushes at its end go nowhere: who read it has left."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
