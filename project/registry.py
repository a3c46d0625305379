"""The model registry: the one module that talks to MLflow.

A version of the model is one serving bundle. Its files lie below the
artefact folder beside the database, and its tags say which bundle it is.
"""

import contextlib
import io
import os
import sqlite3
import time
import warnings
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from components.errors import ArtefactError, InputError
from components.machine_faults import machine_fault
from project.addresses import without_password
from project.environment import quiet_environment
from project.layout import Layout
from project.registry_file import (
    ARTEFACTS,
    SQLITE,
    anchor_database,
    check_database,
    make_database,
    open_client,
)
from project.settings import Settings
from project.unfinished_registrations import remove_unfinished, temporary_files_in

CHAMPION = "champion"
CHALLENGER = "challenger"
PREVIOUS = "previous"
"""Alias of the champion before this one, to which a rollback returns."""

BUNDLE_TAG = "efuda.bundle"
"""The bundle's path below the model's artefacts."""
VERSION_TAG = "efuda.bundle_version"
PLACE_TAG = "efuda.place"
"""The bundle's path from the project, so that a project can be moved or copied."""
MEASURED_TAG = "efuda.measured"
"""Whether the version has a figure on the test split: yes or no."""
WITHDRAWN_TAG = "efuda.withdrawn"
"""Why a rollback took the version out of service; empty once it was promoted again."""
BUNDLE_FOLDER = "artifacts/bundle"
_ABSENT = ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE")
_MODEL_CODE = Path(__file__).with_name("bundle_model.py")


@dataclass(frozen=True, kw_only=True, slots=True)
class Version:
    """One registered version; ``bundle`` is where its files lie now."""

    number: str
    bundle_version: str
    tags: Mapping[str, str]
    bundle: Path


@dataclass(frozen=True, kw_only=True, slots=True)
class Registration:
    """What is recorded about a bundle when it is registered."""

    bundle: Path
    bundle_version: str
    params: Mapping[str, str]
    metrics: Mapping[str, float]
    tags: Mapping[str, str]
    reports: Sequence[Path] = ()
    """Files and folders that are kept with the run, such as the report."""


class Registry:
    """The versions of one model, and their aliases.

    To open one touches nothing: the first version that is registered makes the database.
    """

    def __init__(self, root: Path, tracking_uri: str, model: str, experiment: str) -> None:
        self.root = root.resolve()
        self.model = model
        self.experiment = experiment
        self.uri = _absolute(tracking_uri, self.root)

    @property
    def address(self) -> str:
        """Where the registry is, as it may be shown."""
        return without_password(self.uri)

    def find(self, bundle_version: str) -> Version | None:
        """The newest version that holds this very bundle, if it was registered before.

        Raises:
            InputError: If the registry does not answer.
        """
        if not self._exists():
            return None
        with self._answers():
            found = self._client.search_model_versions(
                f"name = '{self.model}' and tags.`{VERSION_TAG}` = '{bundle_version}'"
            )
        usable = [self._version(each) for each in found]
        return max(usable, key=lambda version: int(version.number), default=None)

    def holder(self, alias: str) -> Version | None:
        """The version that an alias points to.

        Raises:
            InputError: If the registry does not answer.
        """
        if not self._exists():
            return None
        return self._found(lambda: self._client.get_model_version_by_alias(self.model, alias))

    def numbered(self, number: str) -> Version | None:
        """The version of that number, unless somebody deleted it."""
        return self._found(lambda: self._client.get_model_version(self.model, number))

    def point(self, alias: str, version: Version | None) -> None:
        """Let an alias point to a version, or to none, in one step."""
        with self._answers():
            if version is None:
                self._client.delete_registered_model_alias(self.model, alias)
            else:
                self._client.set_registered_model_alias(self.model, alias, version.number)

    def tag(self, version: Version, tags: Mapping[str, str]) -> None:
        """Add tags to a version."""
        with self._answers():
            for key, value in tags.items():
                self._client.set_model_version_tag(self.model, version.number, key, value)

    def note(self, key: str) -> str | None:
        """A tag of the model itself."""
        with self._answers():
            return self._client.get_registered_model(self.model).tags.get(key)

    def set_note(self, key: str, value: str) -> None:
        """Set a tag of the model itself."""
        with self._answers():
            self._client.set_registered_model_tag(self.model, key, value)

    def fetch(self, version: Version) -> Path:
        """The files of a version: where it was registered, else a copy that MLflow makes.

        Raises:
            InputError: If MLflow has them no more either.
        """
        if (version.bundle / "bundle.json").exists():
            return version.bundle
        from mlflow.artifacts import download_artifacts
        from mlflow.exceptions import MlflowException

        uri = f"models:/{self.model}/{version.number}"
        try:
            with self._as_default():
                artefacts = Path(download_artifacts(uri))
        except (MlflowException, OSError):
            artefacts = None
        if artefacts is None or not artefacts.exists():
            raise InputError(
                f"The files of {self.model} version {version.number} are gone: "
                f"{version.bundle} is not there, nor has MLflow a copy. Put them back, or run "
                "`efuda register`, which registers the bundle anew, and `efuda promote`."
            )
        return artefacts / version.tags.get(BUNDLE_TAG, "")

    def register(self, registration: Registration) -> Version:
        """Log a bundle with its figures and make it a new version.

        Raises:
            InputError: If the registry does not answer.
        """
        if self._file is not None and not self._file.exists():
            make_database(self._file)
        with self._answers(), self._as_default():
            return self._register(registration, self._experiment_id())

    def remove_unfinished(self) -> None:
        """Remove what registrations that were killed or failed have left behind.

        Only where the registry lies in the project: of a shared one, others may be at work.

        Raises:
            InputError: If the registry does not answer.
        """
        if not (self._is_at_home() and self._exists()):
            return
        with self._answers():
            found = self._client.get_experiment_by_name(self.experiment)
            if found is not None:
                artefacts = self.root / ARTEFACTS
                remove_unfinished(self._client, found.experiment_id, self.model, artefacts)

    def describe(self, version: Version, description: str) -> None:
        """Set the text that MLflow shows with a version."""
        with self._answers():
            self._client.update_model_version(self.model, version.number, description)

    def _register(self, registration: Registration, experiment: str) -> Version:
        import mlflow
        from mlflow.artifacts import download_artifacts
        from mlflow.entities import Metric, Param

        now_ms = int(time.time() * 1000)
        # The run ends after the version is there: one that has not ended is unfinished.
        with mlflow.start_run(
            experiment_id=experiment, run_name=f"bundle-{registration.bundle_version}"
        ) as run:
            self._client.log_batch(
                run.info.run_id,
                metrics=[
                    Metric(key, value, now_ms, 0) for key, value in registration.metrics.items()
                ],
                params=[Param(key, value[:6000]) for key, value in registration.params.items()],
            )
            mlflow.set_tags(dict(registration.tags))
            for report in registration.reports:
                folder = report.name if report.is_dir() else None
                log = mlflow.log_artifacts if report.is_dir() else mlflow.log_artifact
                log(str(report), folder)
            with temporary_files_in(self.root):
                model_uri = self._log_model(registration.bundle)
            place = Path(download_artifacts(model_uri)).resolve()
            tags = {
                **registration.tags,
                BUNDLE_TAG: BUNDLE_FOLDER,
                VERSION_TAG: registration.bundle_version,
                PLACE_TAG: _relative(place / BUNDLE_FOLDER, self.root),
            }
            # MLflow tells stderr what the stage reports anyway.
            with contextlib.redirect_stderr(io.StringIO()):
                made = mlflow.register_model(model_uri, self.model, tags=tags)
        return self._version(self._client.get_model_version(self.model, made.version))

    @cached_property
    def _file(self) -> Path | None:
        """The SQLite file, unless the registry is a server or another database."""
        path = self.uri.removeprefix(SQLITE)
        return None if path == self.uri else Path(path)

    def _is_at_home(self) -> bool:
        """Whether the registry belongs to this project alone, and lies in it."""
        return self._file is not None and self._file.is_relative_to(self.root)

    def _exists(self) -> bool:
        """Whether there is a database to ask; MLflow would make a missing one."""
        return self._file is None or self._file.exists()

    @cached_property
    def _client(self) -> Any:
        if self._file is not None:
            # MLflow would try for an hour to open a file that is none.
            check_database(self._file)
            if self._is_at_home():
                # Without leave to write, nothing can be registered at the wrong place either.
                with contextlib.suppress(sqlite3.OperationalError):
                    anchor_database(self._file, self.experiment, self.root / ARTEFACTS)
        return open_client(self.uri)

    def _found(self, ask: Callable[[], Any]) -> Version | None:
        from mlflow.exceptions import MlflowException

        with self._answers():
            try:
                return self._version(ask())
            except MlflowException as fault:
                if fault.error_code in _ABSENT:
                    return None
                raise

    @contextlib.contextmanager
    def _answers(self) -> Generator[None]:
        """What MLflow cannot do inside the block is told in a sentence.

        Raises:
            InputError: If the registry does not answer.
        """
        from mlflow.exceptions import MlflowException

        try:
            yield
        except MlflowException as fault:
            # After the first line SQLAlchemy lists its statement and all values.
            said = without_password(str(fault).partition("\n")[0])
            raise machine_fault(fault) or InputError(
                f"The registry {self.address} does not answer: {said}. "
                "Check registry.tracking_uri in params.yaml."
            ) from fault

    @contextlib.contextmanager
    def _as_default(self) -> Generator[None]:
        """What has no client of its own in MLflow works on this registry inside the block."""
        quiet_environment()
        import mlflow

        before = mlflow.get_tracking_uri() if mlflow.is_tracking_uri_set() else None
        mlflow.set_tracking_uri(self.uri)
        try:
            yield
        finally:
            # None is what MLflow itself starts from, although its type says otherwise.
            mlflow.set_tracking_uri(before)  # pyright: ignore[reportArgumentType]

    def _log_model(self, bundle: Path) -> str:
        import mlflow
        from mlflow.models import ModelSignature
        from mlflow.types import ColSpec, Schema

        signature = ModelSignature(
            inputs=Schema([ColSpec("binary", "image")]), outputs=Schema([ColSpec("string", "tags")])
        )
        with warnings.catch_warnings():
            # The signature above says what an example would.
            warnings.filterwarnings("ignore", ".*input example", UserWarning)
            logged = mlflow.pyfunc.log_model(
                name="bundle",
                python_model=str(_MODEL_CODE),
                artifacts={"bundle": str(bundle)},
                signature=signature,
                pip_requirements=["efuda"],
            )
        return str(logged.model_uri)

    def _experiment_id(self) -> str:
        found = self._client.get_experiment_by_name(self.experiment)
        if found is not None:
            return str(found.experiment_id)
        folder = self.root / ARTEFACTS
        folder.mkdir(exist_ok=True)
        return self._client.create_experiment(self.experiment, artifact_location=folder.as_uri())

    def _version(self, found: Any) -> Version:
        tags: dict[str, str] = dict(found.tags)
        place = self.root / tags.get(PLACE_TAG, "")
        if PLACE_TAG not in tags:
            raise ArtefactError(
                f"Version {found.version} of the model {self.model!r} was not registered by Efuda; "
                "choose another registry.model_name in params.yaml."
            )
        return Version(
            number=str(found.version),
            bundle_version=tags.get(VERSION_TAG, ""),
            tags=tags,
            bundle=place,
        )


def _relative(path: Path, root: Path) -> str:
    return os.path.relpath(path, root) if path.is_relative_to(root) else str(path)


def _absolute(tracking_uri: str, root: Path) -> str:
    """A database given by a relative path lies below the project's root."""
    path = tracking_uri.removeprefix(SQLITE)
    if path == tracking_uri or path.startswith("/"):
        return tracking_uri
    return f"{SQLITE}{root / path}"


def open_registry(settings: Settings, layout: Layout) -> Registry:
    """The registry of a project; nothing is made or asked yet."""
    model = settings.registry.model_name or settings.project.name
    return Registry(layout.root, settings.registry.tracking_uri, model, settings.project.name)
