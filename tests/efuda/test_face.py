"""The page of names: complete, cheap to import, and with examples that hold."""

import doctest
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

import efuda
import efuda.bundle
from components.atomic import write_json
from components.bundle import load_bundle
from project.layout import Layout
from project.registry import CHALLENGER, Registration, open_registry
from project.settings import load_settings, params_yaml
from tests.projects import synthetic
from tests.projects.registered_project import empty_database
from tests.serving.conftest import app, bundle_dir, service_url
from tests.serving.tiny_bundle import ColourEncoder, card, tiny_bundle

__all__ = ["app", "bundle_dir", "service_url"]


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
            description="cards",
        )
    )
    registry.point(CHALLENGER, version)
    return root


def test_the_names_are_those_that_it_says():
    assert set(efuda.__all__) == {
        "ArtefactError", "Client", "InputError", "PictureTagger", "Project", "load_bundle",
    }  # fmt: skip
    assert set(efuda.__all__) <= set(dir(efuda))
    assert all(f"`{name}`" in (efuda.__doc__ or "") for name in efuda.__all__)
    with pytest.raises(AttributeError, match="no attribute 'Porject'"):
        _ = efuda.Porject


def test_to_import_it_costs_next_to_nothing():
    code = (
        "import efuda, sys;"
        "print([name for name in ('torch', 'pandas', 'httpx', 'numpy') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize("name", efuda.__all__)
def test_the_examples_hold(name, world, service_url, monkeypatch):
    monkeypatch.chdir(world)
    monkeypatch.setattr(efuda.bundle, "build_encoder", lambda config, device: ColourEncoder())
    found = doctest.DocTestFinder().find(getattr(efuda, name), name, globs={"url": service_url})
    examples = [each for each in found if each.examples]
    assert examples
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    told: list[str] = []
    for each in examples:
        runner.run(each, out=told.append)
    assert runner.failures == 0, "".join(told)
