"""The one client of MLflow. What register and promote make of it is tested with them."""

import os
from typing import Any

import pytest

from components.errors import InputError
from project.registry import CHALLENGER, CHAMPION, Registration, Registry

FACTS: dict[str, Any] = {"params": {}, "metrics": {}, "tags": {}}


@pytest.fixture
def registry(tmp_path):
    return Registry(tmp_path, "sqlite:///mlflow.db", "toy", "toy")


@pytest.fixture
def bundle(tmp_path):
    (tmp_path / "bundle").mkdir()
    (tmp_path / "bundle" / "bundle.json").write_text("{}", encoding="utf-8")
    return tmp_path / "bundle"


def test_a_relative_database_lies_in_the_project(tmp_path):
    assert (
        Registry(tmp_path, "sqlite:///mlflow.db", "m", "e").uri == f"sqlite:///{tmp_path}/mlflow.db"
    )
    for uri in (f"sqlite:///{tmp_path}/elsewhere.db", "http://127.0.0.1:1"):
        assert Registry(tmp_path, uri, "m", "e").uri == uri


def test_asking_makes_no_database(registry, tmp_path):
    assert registry.holder(CHAMPION) is None
    assert registry.find("abc") is None
    assert list(tmp_path.iterdir()) == []


def test_a_registry_that_does_not_answer_is_told(tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with pytest.raises(InputError, match=r"127\.0\.0\.1:1 does not answer.*tracking_uri"):
        Registry(tmp_path, "http://127.0.0.1:1", "m", "e").holder(CHAMPION)


def test_versions_are_found_by_bundle_and_by_alias(registry, bundle, tmp_path):
    import mlflow

    before = os.environ.get("MLFLOW_TRACKING_URI"), mlflow.is_tracking_uri_set()
    made = registry.register(Registration(bundle=bundle, bundle_version="one", **FACTS))
    # The process is not left pointing at this registry.
    assert (os.environ.get("MLFLOW_TRACKING_URI"), mlflow.is_tracking_uri_set()) == before
    registry.point(CHALLENGER, made)
    again = Registry(tmp_path, "sqlite:///mlflow.db", "toy", "toy")
    assert again.find("one") == again.holder(CHALLENGER) == made
    assert again.find("two") is None
    assert again.holder(CHAMPION) is None
    assert again.fetch(made) == made.bundle


def test_files_that_are_not_in_the_project_are_fetched(registry, bundle):
    made = registry.register(Registration(bundle=bundle, bundle_version="one", **FACTS))
    registry.tag(made, {"efuda.place": "gone"})
    version = registry.numbered(made.number)
    assert version is not None
    assert not version.bundle.exists()
    assert (registry.fetch(version) / "bundle.json").read_text(encoding="utf-8") == "{}"
