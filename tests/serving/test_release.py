from typing import Any

import pytest

from components.bundle import load_bundle
from components.errors import InputError
from project.registry import CHALLENGER, CHAMPION, Registration, Registry
from serving.release import released_bundle

FACTS: dict[str, Any] = {"params": {}, "metrics": {}, "tags": {}}


@pytest.fixture
def registry(tmp_path):
    return Registry(tmp_path, "sqlite:///mlflow.db", "toy", "toy")


def test_nothing_registered_is_told(registry, tmp_path):
    with pytest.raises(InputError, match=r"'toy'.*mlflow\.db.*efuda run"):
        released_bundle(registry)
    assert not (tmp_path / "mlflow.db").exists()


def test_the_champion_is_served_and_else_the_challenger(registry, bundle_dir):
    version = load_bundle(bundle_dir).version
    first = registry.register(Registration(bundle=bundle_dir, bundle_version=version, **FACTS))
    registry.point(CHALLENGER, first)
    release = released_bundle(registry)
    assert release.title == "toy version 1 (challenger)"
    assert (release.directory / "bundle.json").exists()
    second = registry.register(Registration(bundle=bundle_dir, bundle_version=version, **FACTS))
    registry.point(CHAMPION, second)
    assert released_bundle(registry).title == "toy version 2 (champion)"
    # Without the project's copy, MLflow is asked for the artefacts.
    registry.tag(second, {"efuda.place": "gone"})
    assert (released_bundle(registry).directory / "bundle.json").exists()


def test_another_bundle_in_its_place_is_not_served(registry, bundle_dir):
    made = registry.register(Registration(bundle=bundle_dir, bundle_version="other", **FACTS))
    registry.point(CHAMPION, made)
    with pytest.raises(InputError, match=r"registered as bundle other, and .* holds bundle"):
        released_bundle(registry)
