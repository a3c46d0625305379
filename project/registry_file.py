"""The SQLite file of a project's registry: made whole, checked, and at home where it lies.

MLflow makes its tables in some forty steps, and a process that is killed in between leaves
a file that it can never open again. It also keeps absolute paths, which are those of
another project once this one was copied.
"""

import logging
import os
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

from components.atomic import atomic_path
from components.errors import ArtefactError
from project.environment import quiet_environment

ARTEFACTS = "mlartifacts"
SQLITE = "sqlite:///"
CHECKED_BELOW_BYTES = 64 << 20
"""Larger files are opened, not read through."""

_PLACES: Mapping[str, tuple[str, ...]] = {
    "experiments": ("artifact_location",),
    "runs": ("artifact_uri",),
    "logged_models": ("artifact_location",),
    "model_versions": ("source", "storage_location"),
}
"""Where MLflow keeps absolute paths of artefacts: columns by table."""
_NEEDED = frozenset({"alembic_version", "registered_models", *_PLACES})


def make_database(path: Path) -> None:
    """Make an empty registry beside ``path`` and let it take its place in one step."""
    with atomic_path(path) as temporary:
        client = open_client(f"{SQLITE}{temporary.absolute()}")
        client.search_registered_models(max_results=1)
        for store in (client._tracking_client.store, client._get_registry_client().store):
            store.engine.dispose()


def open_client(uri: str) -> Any:
    """MLflow's client of a database or a server; it makes a missing database."""
    quiet_environment()
    from mlflow.tracking import MlflowClient

    for name in ("mlflow", "alembic"):
        logging.getLogger(name).setLevel(logging.ERROR)
    # It logs a traceback of what it then raises.
    logging.getLogger("mlflow.store.db.utils").setLevel(logging.CRITICAL)
    return MlflowClient(uri)


def check_database(path: Path) -> None:
    """Refuse a file that MLflow could not open; it is left as it is.

    Raises:
        ArtefactError: Saying what is wrong with it and what to do.
        OSError: If it may not be read.
    """
    with path.open("rb"):
        pass  # SQLite would only say that it cannot open it
    try:
        # A killed writer leaves a journal, and only who may write can take its changes back.
        mode = "rw" if os.access(path, os.W_OK) else "ro"
        with closing(_opened(path, mode)) as database:
            tables = _names(database, "select name from sqlite_master where type = 'table'")
            # What MLflow does in copies of tables, it has not finished.
            started = sorted(name for name in tables if name.startswith("_alembic_tmp"))
            if started or not tables >= _NEEDED:
                raise _unusable(path, "an interrupted run left it unfinished")
            if path.stat().st_size < CHECKED_BELOW_BYTES:
                [(found,)] = database.execute("pragma quick_check(1)").fetchall()
                if found != "ok":
                    raise _unusable(path, str(found))
    except sqlite3.OperationalError:
        raise  # locked, or of the machine
    except sqlite3.DatabaseError as fault:
        raise _unusable(path, str(fault)) from None


def anchor_database(path: Path, experiment: str, folder: Path) -> None:
    """Let a copied or moved registry name the artefacts beside it, not those of the original.

    Only an experiment whose artefacts were below a folder of the same name is touched.
    """
    with closing(_opened(path, "rw")) as database:
        rows = database.execute(
            "select artifact_location from experiments where name = ?", (experiment,)
        ).fetchall()
        if not rows:
            return
        before, now = str(rows[0][0] or ""), folder.as_uri()
        if before == now or not _is_local(before) or not before.endswith(f"/{folder.name}"):
            return
        with database:
            for place in {before, before.removeprefix("file://")}:
                _rename(database, place, now if place == before else str(folder))


def _rename(database: sqlite3.Connection, before: str, now: str) -> None:
    for table, columns in _PLACES.items():
        there = _names(database, "select name from pragma_table_info(?)", table)
        for column in there.intersection(columns):
            database.execute(
                f"update {table} set {column} = ? || substr({column}, ?) "  # noqa: S608 - own names
                f"where {column} = ? or substr({column}, 1, ?) = ?",
                (now, len(before) + 1, before, len(before) + 1, f"{before}/"),
            )


def _is_local(location: str) -> bool:
    return location.startswith(("file://", "/"))


def _opened(path: Path, mode: str) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{quote(str(path.absolute()))}?mode={mode}", uri=True, timeout=20)


def _names(database: sqlite3.Connection, query: str, *values: str) -> set[str]:
    return {str(name) for (name,) in database.execute(query, values)}


def _unusable(path: Path, why: str) -> ArtefactError:
    return ArtefactError(
        f"{path} is no whole registry ({why}). Move it away (`mv {path.name} "
        f"{path.name}.broken`), then `efuda register` and `efuda promote` make a new one of the "
        "project's files; earlier versions are known to the old file alone."
    )
