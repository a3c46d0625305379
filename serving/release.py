"""Finds the bundle that a project serves, by its name in the MLflow registry."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from components.errors import InputError

ALIASES = ("champion", "challenger")
BUNDLE_TAG = "efuda.bundle"
"""Tag of a model version: the bundle's path below the model's artefacts."""
PLACE_TAG = "efuda.place"
"""Tag of a model version: the bundle's path from the project, which may have moved."""


@dataclass(frozen=True, slots=True)
class Release:
    """A bundle on this machine, and what it is called in the registry."""

    directory: Path
    title: str


@dataclass(frozen=True, slots=True)
class Registry:
    """Where a project registers its models."""

    tracking_uri: str
    model_name: str


def read_registry(project: Path) -> Registry:
    """The two keys of params.yaml that name the registry.

    Raises:
        InputError: If the directory is no project, or the file no settings.
    """
    path = project / "params.yaml"
    try:
        values: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
        section = values.get("registry") or {}
        name = section.get("model_name") or values["project"]["name"]
        uri = section.get("tracking_uri", "sqlite:///mlflow.db")
    except FileNotFoundError:
        raise InputError(
            f"There is no params.yaml in {project.absolute()}, so this is not an Efuda project; "
            "give the project's directory with --project, or a bundle with --bundle."
        ) from None
    except (yaml.YAMLError, UnicodeDecodeError, AttributeError, KeyError, TypeError) as fault:
        raise InputError(
            f"{path} names no project ({fault!r}); `efuda doctor` checks it."
        ) from None
    return Registry(_absolute(str(uri), project), str(name))


def _absolute(uri: str, project: Path) -> str:
    """Relative SQLite files lie in the project, not where the service was started."""
    scheme = "sqlite:///"
    if uri.startswith(scheme) and not uri.startswith(scheme + "/"):
        return scheme + str((project / uri.removeprefix(scheme)).absolute())
    return uri


def released_bundle(project: Path) -> Release:
    """The champion's bundle, or the challenger's where nothing was promoted yet.

    Raises:
        InputError: If nothing was registered.
    """
    registry = read_registry(project)
    database = registry.tracking_uri.removeprefix("sqlite:///")
    if database != registry.tracking_uri and not Path(database).exists():
        raise _nothing(registry)
    from mlflow.artifacts import download_artifacts
    from mlflow.exceptions import MlflowException
    from mlflow.tracking import MlflowClient

    client = MlflowClient(registry.tracking_uri, registry.tracking_uri)
    for alias in ALIASES:
        try:
            version = client.get_model_version_by_alias(registry.model_name, alias)
        except MlflowException:
            continue
        title = f"{registry.model_name} version {version.version} ({alias})"
        place = project / version.tags.get(PLACE_TAG, "none")
        if (place / "bundle.json").exists():
            return Release(place, title)
        uri = f"models:/{registry.model_name}/{version.version}"
        try:
            artefacts = download_artifacts(artifact_uri=uri, tracking_uri=registry.tracking_uri)
        except (MlflowException, OSError) as fault:
            raise InputError(f"The artefacts of {uri} cannot be fetched: {fault}") from None
        directory = Path(artefacts) / version.tags.get(BUNDLE_TAG, "")
        return Release(directory, title)
    raise _nothing(registry)


def _nothing(registry: Registry) -> InputError:
    return InputError(
        f"No version of {registry.model_name!r} is registered in {registry.tracking_uri}; "
        "run `efuda run` in the project first, or serve a bundle with --bundle."
    )
