"""Finds the bundle that a project serves, by its name in the MLflow registry."""

from dataclasses import dataclass
from pathlib import Path

from components.errors import InputError
from project.registry import CHALLENGER, CHAMPION, Registry


@dataclass(frozen=True, slots=True)
class Release:
    """A bundle on this machine, and what it is called in the registry.

    ``originals`` is the root of the pictures' own files where they may be downloaded.
    """

    directory: Path
    title: str
    originals: Path | None = None


def released_bundle(registry: Registry) -> Release:
    """The champion's bundle, or the challenger's where nothing was promoted yet.

    Raises:
        InputError: If nothing was registered, or its files are gone.
    """
    for alias in (CHAMPION, CHALLENGER):
        version = registry.holder(alias)
        if version is not None:
            title = f"{registry.model} version {version.number} ({alias})"
            return Release(registry.fetch(version), title)
    raise InputError(
        f"No version of {registry.model!r} is registered in {registry.uri}; "
        "run `efuda run` in the project first, or serve a bundle with --bundle."
    )
