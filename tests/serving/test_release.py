import socket
from pathlib import Path
from types import SimpleNamespace

import pytest

from components.errors import InputError
from serving import main as serve
from serving.release import read_registry, released_bundle


def write_params(project: Path, text: str = "project: {name: toy}\n") -> None:
    (project / "params.yaml").write_text(text, encoding="utf-8")


def test_the_registry_is_read_from_params(tmp_path):
    write_params(tmp_path)
    registry = read_registry(tmp_path)
    assert registry.model_name == "toy"
    assert registry.tracking_uri == f"sqlite:///{tmp_path}/mlflow.db"
    write_params(
        tmp_path, "project: {name: toy}\nregistry: {model_name: m, tracking_uri: 'http://h'}"
    )
    assert read_registry(tmp_path).tracking_uri == "http://h"
    assert read_registry(tmp_path).model_name == "m"


@pytest.mark.parametrize("text", ["[1, 2]", "project: 3", ":\n -", "{}"])
def test_params_that_name_nothing_are_refused(tmp_path, text):
    write_params(tmp_path, text)
    with pytest.raises(InputError, match=r"params\.yaml"):
        read_registry(tmp_path)


def test_nothing_registered_is_told(tmp_path):
    with pytest.raises(InputError, match="not an Efuda project"):
        released_bundle(tmp_path)
    write_params(tmp_path)
    with pytest.raises(InputError, match="efuda run"):
        released_bundle(tmp_path)
    assert not (tmp_path / "mlflow.db").exists()


def test_the_champion_is_served_and_else_the_challenger(tmp_path, bundle_dir):
    from project.registry import Entry, Registry

    write_params(tmp_path)
    registry = Registry(tmp_path, "sqlite:///mlflow.db", "toy", "toy")
    facts = {"params": {}, "metrics": {}, "tags": {}, "description": ""}
    first = registry.register(Entry(bundle=bundle_dir, bundle_version="one", **facts))
    registry.point("challenger", first)
    release = released_bundle(tmp_path)
    assert release.title == "toy version 1 (challenger)"
    assert (release.directory / "bundle.json").exists()
    second = registry.register(Entry(bundle=bundle_dir, bundle_version="two", **facts))
    registry.point("champion", second)
    assert released_bundle(tmp_path).title == "toy version 2 (champion)"
    # Without the project's copy, MLflow is asked for the artefacts.
    registry.tag(second, {"efuda.place": "gone"})
    assert (released_bundle(tmp_path).directory / "bundle.json").exists()


def test_a_port_in_use_is_told_before_anything_starts(capsys, monkeypatch, bundle_dir):
    monkeypatch.setattr(serve, "_serve", lambda *_: pytest.fail("it was started"))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        assert serve.main(["--bundle", str(bundle_dir), "--port", port]) == 2
    assert f"port {port}" in capsys.readouterr().err


@pytest.mark.parametrize("port", ["0", "70000"])
def test_a_port_that_is_none_is_refused(capsys, port):
    assert serve.main(["--bundle", "x", "--port", port]) == 2
    assert "65535" in capsys.readouterr().err


def test_a_missing_bundle_is_told(capsys, tmp_path, monkeypatch):
    monkeypatch.setattr(serve, "_check_port", lambda *_: None)
    assert serve.main(["--bundle", str(tmp_path / "none")]) == 2
    assert "does not exist" in capsys.readouterr().err


def test_the_address_comes_from_the_project(tmp_path):
    write_params(tmp_path, "project: {name: toy}\nserve: {port: 8123}\n")
    options = SimpleNamespace(project=tmp_path, bundle=None, host=None, port=None)
    assert serve._address(options) == ("127.0.0.1", 8123)
    options.port = 9000
    assert serve._address(options) == ("127.0.0.1", 9000)
