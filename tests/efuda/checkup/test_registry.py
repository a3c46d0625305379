from pathlib import Path

import pytest

from components.findings import Status
from efuda.checkup.registry import registry_finding
from project.layout import Layout
from project.settings import load_settings
from tests.projects.learning_project import write_params
from tests.projects.registered_project import empty_database


def finding(root: Path, **registry: str):
    write_params(Layout(root), registry=registry)
    return registry_finding(root, load_settings(root / "params.yaml"))


def test_a_new_project_has_none_yet(tmp_path):
    found = finding(tmp_path)
    assert (found.status, found.remedy) == (Status.OK, "")
    assert "first `efuda run`" in found.detail


def test_a_clone_is_told_to_pull_and_then_to_register(tmp_path):
    (tmp_path / "dvc.lock").write_text("schema: '2.0'", encoding="utf-8")
    found = finding(tmp_path)
    assert found.status is Status.WARNING
    assert found.remedy.index("dvc pull") < found.remedy.index("efuda register")
    for folder in ("taggers", "index", "prepared"):
        (tmp_path / "data" / folder).mkdir(parents=True)
    found = finding(tmp_path)
    assert found.status is Status.WARNING
    assert found.remedy.startswith("`efuda register`")
    assert "dvc pull" not in found.remedy


def test_a_whole_registry_is_well_and_a_broken_one_an_error(tmp_path):
    (tmp_path / "mlflow.db").write_bytes(empty_database())
    assert finding(tmp_path).status is Status.OK
    (tmp_path / "mlflow.db").write_bytes(empty_database()[:5000])
    found = finding(tmp_path)
    assert found.status is Status.ERROR
    assert "mv mlflow.db" in found.detail


@pytest.mark.parametrize("uri", ["http://me:s3cret@host:5000", "postgresql://me:s3cret@host/db"])
def test_a_server_is_not_asked_and_its_password_not_shown(tmp_path, uri):
    found = finding(tmp_path, tracking_uri=uri)
    assert found.status is Status.OK
    assert "s3cret" not in found.detail
