"""A new project, and a small world that the examples of docstrings and pages run in."""

from pathlib import Path

import pytest
import yaml

from components.atomic import write_json
from components.bundle import load_bundle
from efuda.new_project.create import create_project
from project.layout import Layout
from project.registry import CHALLENGER, Registration, open_registry
from project.settings import load_settings, params_yaml, parse_settings
from tests.projects import synthetic
from tests.projects.registered_project import empty_database
from tests.serving.conftest import app, bundle_dir, service_url
from tests.serving.tiny_bundle import card, tiny_bundle

__all__ = ["app", "bundle_dir", "service_url"]


@pytest.fixture
def toy_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A new project on an empty folder of images, and the current directory."""
    (tmp_path / "images").mkdir()
    settings = parse_settings(
        {
            "project": {"name": "toy"},
            "source": {"kind": "folder", "images": "../images"},
            "encoder": {"kind": "conse"},
        },
        "test",
    )
    create_project(tmp_path / "project", settings)
    monkeypatch.chdir(tmp_path / "project")
    return tmp_path / "project"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that has registered a bundle of cards, two cards, and another project."""
    root = tmp_path_factory.mktemp("world")
    layout = synthetic.make_project(root / "discs")
    layout.params.write_text(params_yaml(synthetic.settings_of()), encoding="utf-8")
    write_json(layout.metrics, {"test": {"vlpl": {"mAP": {"mean": 0.8}}}})
    tiny_bundle(root / "data")
    for colour in ("blue", "red"):
        card(colour).save(root / f"{colour}.png")
    params = {
        "project": {"name": "cards"},
        "source": {"kind": "folder", "images": "."},
        "encoder": {"kind": "conse"},
    }
    (root / "params.yaml").write_text(yaml.safe_dump(params), encoding="utf-8")
    (root / "mlflow.db").write_bytes(empty_database())
    registry = open_registry(load_settings(root / "params.yaml"), Layout(root))
    version = registry.register(
        Registration(
            bundle=root / "data" / "bundle",
            bundle_version=load_bundle(root / "data" / "bundle").version,
            params={},
            metrics={},
            tags={},
        )
    )
    registry.point(CHALLENGER, version)
    return root
