"""The registry's SQLite file: whole or absent, and never that of another project."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from components.errors import ArtefactError
from project.registry import CHALLENGER, CHAMPION, Registration, Registry
from project.registry_file import anchor_database, check_database
from tests.projects.registered_project import empty_database

FACTS = {"params": {}, "metrics": {}, "tags": {}}


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    (tmp_path / "bundle").mkdir()
    (tmp_path / "bundle" / "bundle.json").write_text("{}", encoding="utf-8")
    return tmp_path / "bundle"


def project_at(root: Path) -> Path:
    """A project whose registry has been used before."""
    root.mkdir()
    (root / "mlflow.db").write_bytes(empty_database())
    return root


def opened(root: Path) -> Registry:
    return Registry(root, "sqlite:///mlflow.db", "toy", "toy")


def register(root: Path, bundle: Path, name: str, **facts):
    return opened(root).register(
        Registration(bundle=bundle, bundle_version=name, **{**FACTS, **facts})
    )


KILLED_WHILE_MAKING = """
import os, signal, sys
from pathlib import Path
from alembic import op
from project.registry_file import make_database

# Somewhere in the middle of MLflow's migrations, as SIGKILL would find it.
create = op.create_table

def dies(name, *columns, **how):
    create(name, *columns, **how)
    if name == sys.argv[2]:
        os.kill(os.getpid(), signal.SIGKILL)

op.create_table = dies
make_database(Path(sys.argv[1]))
"""


def test_a_process_killed_while_it_makes_the_database_leaves_none(tmp_path):
    path = tmp_path / "mlflow.db"
    command = [sys.executable, "-c", KILLED_WHILE_MAKING, str(path), "registered_models"]
    done = subprocess.run(command, check=False, env=os.environ, stderr=subprocess.DEVNULL)
    assert done.returncode == -signal.SIGKILL
    assert not path.exists()
    assert opened(tmp_path).holder(CHAMPION) is None


@pytest.mark.parametrize("damage", ["empty", "garbage", "cut", "unfinished", "half migrated"])
def test_a_broken_database_is_told_and_left_as_it_is(tmp_path, bundle, damage):
    path = tmp_path / "mlflow.db"
    content = empty_database()
    path.write_bytes(
        {"empty": b"", "garbage": b"no database" * 999, "cut": content[: len(content) // 2]}.get(
            damage, content
        )
    )
    if damage in ("unfinished", "half migrated"):
        with closing(sqlite3.connect(path)) as database:
            statement = {
                "unfinished": "drop table registered_models",
                "half migrated": "create table _alembic_tmp_metrics (key)",
            }[damage]
            database.execute("pragma foreign_keys = off")
            database.execute(statement)
    before = path.read_bytes()
    for ask in (
        lambda: opened(tmp_path).holder(CHALLENGER),
        lambda: register(tmp_path, bundle, "one"),
    ):
        with pytest.raises(ArtefactError, match=r"no whole registry .*mv mlflow\.db .*register"):
            ask()
    assert path.read_bytes() == before


KILLED_WHILE_WRITING = """
import os, signal, sqlite3, sys

database = sqlite3.connect(sys.argv[1], isolation_level=None)
database.execute("pragma cache_size = 1")
database.execute("begin")
for number in range(2000):
    database.execute("insert into registered_models (name, workspace) values (?, 'default')", (str(number) * 50,))
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_writer_began_is_taken_back(tmp_path):
    path = project_at(tmp_path / "project") / "mlflow.db"
    command = [sys.executable, "-c", KILLED_WHILE_WRITING, str(path)]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    assert path.with_name("mlflow.db-journal").stat().st_size
    assert path.read_bytes() != empty_database()
    check_database(path)
    assert not path.with_name("mlflow.db-journal").exists()
    assert path.read_bytes() == empty_database()


def test_a_whole_database_is_whole(tmp_path):
    check_database(project_at(tmp_path / "project") / "mlflow.db")


def test_a_copy_registers_beside_itself_and_the_original_stays_as_it_was(tmp_path, bundle):
    original = project_at(tmp_path / "original")
    first = register(original, bundle, "one")
    shutil.copytree(original, tmp_path / "copy")
    before = {path: path.stat().st_mtime_ns for path in original.rglob("*")}
    second = register(tmp_path / "copy", bundle, "two")
    assert {path: path.stat().st_mtime_ns for path in original.rglob("*")} == before
    assert second.number == "2"
    assert second.bundle.is_relative_to(tmp_path / "copy" / "mlartifacts")
    assert (second.bundle / "bundle.json").exists()
    again = opened(tmp_path / "copy").find("one")
    assert again is not None
    assert again.bundle == tmp_path / "copy" / first.bundle.relative_to(original)


def test_a_moved_project_and_mlflow_itself_find_the_artefacts(tmp_path, bundle):
    first = register(project_at(tmp_path / "original"), bundle, "one")
    (tmp_path / "original").rename(tmp_path / "moved")
    registry = opened(tmp_path / "moved")
    version = registry.find("one")
    assert version is not None
    assert (version.bundle / "bundle.json").exists()
    registry.tag(version, {"efuda.place": "gone"})
    lost = registry.numbered(first.number)
    assert lost is not None
    assert registry.fetch(lost).is_relative_to(tmp_path / "moved")


def test_an_experiment_that_keeps_its_artefacts_elsewhere_is_left_alone(tmp_path):
    path = project_at(tmp_path / "project") / "mlflow.db"
    with closing(sqlite3.connect(path)) as database, database:
        for name, place in (("bucket", "s3://bucket/mlartifacts"), ("other", "file:///srv/runs")):
            database.execute(
                "insert into experiments (name, artifact_location, lifecycle_stage) "
                "values (?, ?, 'active')",
                (name, place),
            )
    before = path.read_bytes()
    for name in ("bucket", "other", "nobody"):
        anchor_database(path, name, tmp_path / "project" / "mlartifacts")
    assert path.read_bytes() == before


def test_what_a_killed_registration_left_is_removed_by_the_next(tmp_path, bundle, monkeypatch):
    root = project_at(tmp_path / "project")

    def die(*_arguments: object, **_settings: object) -> None:
        raise KeyboardInterrupt

    register(root, bundle, "one")
    whole = set((root / "mlartifacts").rglob("*"))
    import mlflow
    from mlflow.tracking import MlflowClient

    report = tmp_path / "report.html"
    report.write_text("the report", encoding="utf-8")
    with monkeypatch.context() as patched:
        patched.setattr(mlflow, "register_model", die)
        # A killed process does not end its run.
        patched.setattr(mlflow, "end_run", lambda *_: None)
        patched.setattr(MlflowClient, "set_terminated", lambda *_: None)
        with pytest.raises(KeyboardInterrupt):
            register(root, bundle, "two", reports=[report])
        from mlflow.tracking import fluent

        fluent._active_run_stack.get().clear()
    assert set((root / "mlartifacts").rglob("*")) > whole
    opened(root).remove_unfinished()
    assert {path for path in (root / "mlartifacts").rglob("*") if path.is_file()} == {
        path for path in whole if path.is_file()
    }
    made = register(root, bundle, "three")
    assert made.number == "2"
    assert [path.name for path in root.iterdir() if path.name.endswith(".tmp")] == []
    assert list((root / ".efuda").iterdir()) == []
