"""The console command `efuda`.

Only the table below is read to answer `efuda --help`; the module of a command
is imported when the command runs, since some of them take seconds to import.
"""

import difflib
import importlib
import sys
import traceback
from collections.abc import Sequence
from dataclasses import dataclass

USER_ERROR = 2
BUG = 1


@dataclass(frozen=True, slots=True)
class Command:
    """A sub-command: the module that does it, and one line of help.

    A stage's module has ``run(settings, layout)``; any other module has
    ``main(arguments) -> exit status``.
    """

    module: str
    help: str
    is_stage: bool = False


def _stage(name: str, help_line: str) -> Command:
    return Command(f"pipelines.{name}.stage", help_line, is_stage=True)


COMMANDS: dict[str, Command] = {
    "init": Command("efuda.commands.init.init", "make a project from your images and labels"),
    "run": Command("efuda.commands.run", "run every stage whose inputs have changed"),
    "results": Command("efuda.commands.results", "print the table of figures of the last run"),
    "bench": Command("efuda.commands.bench", "compare every method under the same protocols"),
    "promote": Command(
        "pipelines.promote.stage", "let the newest version serve if it is not worse"
    ),
    "serve": Command("serving.main", "start the service on this machine"),
    "query": Command("serving.client", "ask a running service for tags or pictures"),
    "doctor": Command(
        "efuda.commands.doctor.doctor", "say what is missing, and what to do about it"
    ),
    "prepare": _stage("prepare", "read images and labels into tables"),
    "validate": _stage("validate", "check the tables; errors stop the run"),
    "embed": _stage("embed", "turn new images into vectors"),
    "tune": _stage("tune", "choose thresholds and settings on the hold-out"),
    "pseudo_label": _stage("pseudo_label", "propose the labels that are missing"),
    "train": _stage("train", "train a tagger for each recipe and seed"),
    "calibrate": _stage("calibrate", "turn scores into probabilities and thresholds"),
    "evaluate": _stage("evaluate", "measure on the test split and write the report"),
    "index": _stage("index", "build the search index"),
    "register": _stage("register", "put the serving bundle into the registry"),
}


def _help() -> str:
    def lines(stages: bool) -> list[str]:
        chosen = [(name, c.help) for name, c in COMMANDS.items() if c.is_stage is stages]
        return [f"  {name:<14}{help_line}" for name, help_line in chosen]

    return "\n".join(
        [
            "usage: efuda COMMAND [OPTIONS]        (efuda COMMAND --help tells a command's options)",
            "",
            "Point it at your images and whatever labels you have: it proposes the missing",
            "labels, trains a tagger and serves tags and search.",
            "",
            "commands:",
            *lines(stages=False),
            "",
            "single stages, run in a project's directory (`efuda run` runs them in order):",
            *lines(stages=True),
            "",
            "Most commands take --json and then print one JSON object.",
            "Exit status: 0 done, 2 something you gave cannot be used, 1 a fault of Efuda's.",
        ]
    )


def _unknown(name: str) -> str:
    near = difflib.get_close_matches(name, COMMANDS, n=1, cutoff=0.5)
    hint = f"Did you mean `efuda {near[0]}`?" if near else "`efuda --help` lists the commands."
    return f"efuda: there is no command {name!r}. {hint}"


def _version() -> str:
    from importlib.metadata import version

    return f"efuda {version('efuda')}"


def dispatch(name: str, arguments: Sequence[str]) -> int:
    """Import the module of a command and run it; the exit status is returned."""
    from components.errors import InputError
    from project.environment import quiet_environment

    quiet_environment()
    command = COMMANDS[name]
    module = importlib.import_module(command.module)
    try:
        if command.is_stage:
            from project.stage import run_stage

            return run_stage(name, module.run, arguments)
        return int(module.main(arguments) or 0)
    except InputError as fault:
        print(f"efuda {name}: {fault}", file=sys.stderr)
        return USER_ERROR


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry point of the console command."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if not given or given[0] in ("-h", "--help", "help"):
        print(_help())
        return 0 if given else USER_ERROR
    if given[0] in ("-V", "--version"):
        print(_version())
        return 0
    name = given[0].replace("-", "_")
    if name not in COMMANDS:
        print(_unknown(given[0]), file=sys.stderr)
        return USER_ERROR
    try:
        return dispatch(name, given[1:])
    except KeyboardInterrupt:
        print(f"efuda {name}: stopped", file=sys.stderr)
        return 130
    except BrokenPipeError:
        return 0
    except Exception:  # noqa: BLE001 - the last one who can say what to do next
        traceback.print_exc()
        print(f"efuda {name}: this is a fault of Efuda's, please report it.", file=sys.stderr)
        return BUG


if __name__ == "__main__":
    sys.exit(main())
