import json
import socket

import pytest
import yaml

from components.findings import Finding, Status
from efuda.checkup.examine import examine
from efuda.new_project.create import create_project
from project.graph import main as write_graph
from project.settings import parse_settings
from tests.efuda.called import call


@pytest.fixture
def project(tmp_path, monkeypatch):
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


def found(root, what: str) -> Finding:
    return next(finding for finding in examine(root) if finding.what.startswith(what))


def change(project, **sections) -> None:
    values = yaml.safe_load((project / "params.yaml").read_text(encoding="utf-8"))
    for name, section in sections.items():
        values[name] = section
    (project / "params.yaml").write_text(yaml.safe_dump(values), encoding="utf-8")


def test_a_healthy_project_has_no_error(project, capsys):
    assert call("doctor", "--json") == 0
    report = json.loads(capsys.readouterr().out)
    assert report["ok"]
    assert {"status", "what", "detail", "remedy"} == set(report["findings"][0])
    assert all(each["remedy"] for each in report["findings"] if each["status"] != "ok")


def test_a_missing_folder_of_images_is_an_error(project, capsys):
    (project.parent / "images").rmdir()
    assert call("doctor") == 2
    told = capsys.readouterr().out
    assert "ERROR   source.images: ../images does not exist" in told
    assert "1 errors" in told


def test_settings_that_cannot_be_read_are_an_error_with_the_path(project):
    change(project, trian={"epochs": 3})
    finding = found(project, "params.yaml")
    assert finding.status is Status.ERROR
    assert "trian" in finding.detail


@pytest.mark.parametrize("text", ["not: [closed", "nothing: here"])
def test_a_broken_graph_is_an_error(project, text):
    (project / "dvc.yaml").write_text(text, encoding="utf-8")
    assert found(project, "dvc.yaml").status is Status.ERROR
    (project / "dvc.yaml").unlink()
    assert found(project, "dvc.yaml").status is Status.ERROR


def test_a_graph_of_other_paths_is_a_warning_that_one_command_mends(project):
    (project.parent / "others").mkdir()
    change(project, source={"kind": "folder", "images": "../others"})
    finding = found(project, "dvc.yaml")
    assert finding.status is Status.WARNING
    assert "prepare" in finding.detail
    write_graph()
    assert found(project, "dvc.yaml").status is Status.OK


def test_a_missing_checkpoint_is_an_error(project):
    change(project, encoder={"kind": "open_clip", "model": "local-dir:../weights"})
    findings = [each for each in examine(project) if each.what.startswith("encoder")]
    broken = [each for each in findings if each.status is Status.ERROR]
    assert broken
    assert "weights" in broken[0].detail


def test_weights_that_cannot_be_fetched_name_what_to_do(project, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    encoder = {"kind": "open_clip", "model": "ViT-B-32", "pretrained": "laion2b_s34b_b79k"}
    change(project, encoder=encoder)
    broken = [each for each in examine(project) if each.status is Status.ERROR]
    assert [each.what for each in broken] == ["encoder: ViT-B-32 laion2b_s34b_b79k"]
    assert "encoder.pretrained" in broken[0].detail


def test_a_port_in_use_is_a_warning(project):
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]
        change(project, serve={"port": port})
        finding = found(project, f"port {port}")
    assert finding.status is Status.WARNING
    assert "--port" in finding.remedy


def test_outside_a_project_it_looks_at_the_machine_alone(tmp_path):
    finding = found(tmp_path, "project")
    assert finding.status is Status.WARNING
    assert "efuda init" in finding.remedy
