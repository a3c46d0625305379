"""The console command `efuda`: every command by name, on typer.

A command's module is light: what it does, which may take seconds to import, is
imported when it runs.
"""

import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer
from typer.main import get_command

from efuda.command_answer import AnswerCommand
from efuda.command_group import STAGES, USER_ERROR, CommandGroup
from efuda.commands.bench import bench
from efuda.commands.doctor import doctor
from efuda.commands.encoders import encoders
from efuda.commands.init import init
from efuda.commands.labels import labels
from efuda.commands.promote import promote
from efuda.commands.query import query
from efuda.commands.results import results
from efuda.commands.run import run
from efuda.commands.serve import serve
from efuda.commands.stages import HELP, stage_command
from efuda.commands.submit import submit
from efuda.commands.tag import tag

HELP_NAMES = {"help_option_names": ["-h", "--help"]}
# What follows belongs to DVC, as it stands.
PASSED_ON = {**HELP_NAMES, "ignore_unknown_options": True, "allow_extra_args": True}

app = typer.Typer(
    name="efuda",
    cls=CommandGroup,
    context_settings=HELP_NAMES,
    invoke_without_command=True,
    subcommand_metavar="COMMAND [OPTIONS]",
    # Plain text: reports and pipes read it too, and a bracket in it is a bracket.
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    epilog="Most commands take --json and then print one JSON object. "
    "Exit status: 0 done, 2 something you gave cannot be used, 1 a fault of Efuda's.",
)
app.command("init", cls=AnswerCommand, context_settings=HELP_NAMES)(init)
app.command("encoders", cls=AnswerCommand, context_settings=HELP_NAMES)(encoders)
app.command("run", cls=AnswerCommand, context_settings=PASSED_ON)(run)
app.command("submit", cls=AnswerCommand, context_settings=PASSED_ON)(submit)
app.command("results", cls=AnswerCommand, context_settings=HELP_NAMES)(results)
# It has a --json of its own, which names a file.
app.command("bench", context_settings=HELP_NAMES)(bench)
app.command("promote", cls=AnswerCommand, context_settings=HELP_NAMES)(promote)
# It answers once it is ready, long before it ends, and so prints itself.
app.command("serve", context_settings=HELP_NAMES)(serve)
app.add_typer(query, name="query", context_settings=HELP_NAMES)
app.command("tag", cls=AnswerCommand, context_settings=HELP_NAMES)(tag)
app.add_typer(labels, name="labels", context_settings=HELP_NAMES)
app.command("doctor", cls=AnswerCommand, context_settings=HELP_NAMES)(doctor)
for _name, _line in HELP.items():
    app.command(
        _name,
        cls=AnswerCommand,
        context_settings=HELP_NAMES,
        help=_line,
        rich_help_panel=STAGES,
    )(stage_command(_name))


def _told_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        print(f"efuda {version('efuda')}")
        raise typer.Exit


@app.callback()
def efuda(
    ctx: typer.Context,
    version: Annotated[
        bool,
        typer.Option(
            "--version", "-V", callback=_told_version, is_eager=True, help="Tell the version."
        ),
    ] = False,
) -> None:
    """Point it at your images and whatever labels you have.

    It proposes the missing labels, trains a tagger and serves tags and search.
    """
    from project.environment import quiet_environment

    del version
    quiet_environment()
    if ctx.invoked_subcommand is None:
        print(ctx.get_help())
        raise typer.Exit(USER_ERROR)


@app.command("help", hidden=True)
def _help(ctx: typer.Context) -> None:
    """Show what `efuda --help` shows."""
    print(ctx.find_root().get_help())


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry point of the console command."""
    command: Any = get_command(app)
    try:
        given = None if arguments is None else list(arguments)
        return int(command.main(given, prog_name="efuda", standalone_mode=False) or 0)
    except typer.TyperException as fault:
        told = getattr(fault, "ctx", None)
        called = told.command_path if told else "efuda"
        print(f"{called}: {fault.format_message()}", file=sys.stderr)
        print(f"`{called} --help` tells what it takes.", file=sys.stderr)
        return USER_ERROR


if __name__ == "__main__":
    sys.exit(main())
