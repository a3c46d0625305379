"""What is refused before anything starts. The start itself is in test_deployments.py."""

import socket
from pathlib import Path

import pytest

from components.errors import InputError
from project.layout import Layout
from project.settings import ServeSettings, params_yaml, parse_settings
from serving import launch

PROJECT = {
    "project": {"name": "toy"},
    "source": {"kind": "folder", "images": "images"},
    "encoder": {"kind": "conse"},
}


def serve(**changes) -> int:
    given = {"project": Path(), "bundle": None, "host": None, "port": None}
    return launch.run_service(**{**given, "threads": 1, "as_json": False, **changes})


def write_params(project: Path, **sections) -> None:
    text = params_yaml(parse_settings({**PROJECT, **sections}, "this test"))
    (project / "params.yaml").write_text(text, encoding="utf-8")


@pytest.fixture
def taken():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


@pytest.fixture
def free():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(autouse=True)
def _nothing_starts(monkeypatch):
    monkeypatch.setattr(launch, "running", lambda *_, **__: pytest.fail("it was started"))


def test_a_port_in_use_is_told(bundle_dir, taken):
    with pytest.raises(InputError, match=f"port {taken}"):
        serve(bundle=bundle_dir, port=taken)


@pytest.mark.parametrize("port", [0, 70000])
def test_a_port_that_is_none_is_refused(port):
    with pytest.raises(InputError, match="65535"):
        serve(bundle=Path("x"), port=port)


def test_a_missing_bundle_is_told(tmp_path, free):
    with pytest.raises(InputError, match="does not exist"):
        serve(bundle=tmp_path / "none", port=free)


def test_a_folder_that_is_no_project_is_told(tmp_path):
    with pytest.raises(InputError, match=r"not an Efuda project.*--project.*--bundle"):
        serve(project=tmp_path)


@pytest.mark.parametrize("text", ["[1, 2]", "project: 3", ":\n -", "{}"])
def test_faults_of_params_are_told(tmp_path, text):
    (tmp_path / "params.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=r"params\.yaml"):
        serve(project=tmp_path)


def test_a_project_without_a_model_is_told(tmp_path, free):
    write_params(tmp_path, serve={"port": free})
    with pytest.raises(InputError, match="No version of 'toy' is registered"):
        serve(project=tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["params.yaml"]


def test_the_address_comes_from_the_project_where_none_is_given(tmp_path, free):
    write_params(tmp_path, serve={"port": free})
    section = launch.project_settings(Layout(tmp_path)).serve
    assert launch.free_address(section, None, None) == launch.Address("127.0.0.1", free)
    given = launch.free_address(ServeSettings(port=1), "127.0.0.1", free)
    assert given.url == f"http://127.0.0.1:{free}"
    assert launch.Address("::1", 80).url == "http://[::1]:80"
