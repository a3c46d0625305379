"""A run on a cluster whose nodes see the project under one path: nothing is sent but a command."""

import shlex
from collections.abc import Sequence
from pathlib import Path

from components.encoders.config_paths import named_files
from efuda.cluster.readiness import Needs
from project.graph import source_files
from project.settings import Settings


def needs_of(project: str, settings: Settings) -> Needs:
    """What every node must see."""
    weights = named_files(settings.encoder).values()
    return Needs(project=project, files=(*_given(settings), *weights))


def _given(settings: Settings) -> list[str]:
    """The source's files, but none that a stage writes, as the demo's are."""
    return [path for path in source_files(settings) if not path.startswith("data/")]


def shared_command(project: str, arguments: Sequence[str]) -> str:
    """The shell command of the job."""
    return shlex.join(["cd", project]) + " && exec " + run_command(arguments)


def run_command(arguments: Sequence[str]) -> str:
    """`efuda run`, by the Python that is first on a node's PATH."""
    return shlex.join(["python", "-m", "efuda.cli", "run", *arguments])


def project_path(given: Path | None) -> str:
    """The project's path on the nodes; the same as here, unless given."""
    return str(given) if given is not None else str(Path().absolute())
