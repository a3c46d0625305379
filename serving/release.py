"""Finds the bundle that a project serves, by its name in the MLflow registry."""

from dataclasses import dataclass
from pathlib import Path

from components.errors import InputError
from project.bundles import registered_files
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
        InputError: If nothing was registered, what was is refused, or its files are gone or
            not those that were registered.
    """
    for alias in (CHAMPION, CHALLENGER):
        version = registry.holder(alias)
        if version is None:
            continue
        if alias == CHALLENGER and version.tags.get("efuda.decision") == "refused":
            raise InputError(
                f"{registry.model} version {version.number} was refused, and there is no champion: "
                f"{version.tags.get('efuda.decision_reason')} `efuda promote` says what to do."
            )
        title = f"{registry.model} version {version.number} ({alias})"
        return Release(registered_files(registry, version, alias), title)
    raise InputError(
        f"No version of {registry.model!r} is registered in {registry.address}; "
        "run `efuda run` in the project first, and if that runs nothing, `efuda register`; or "
        "serve a bundle with --bundle."
    )
