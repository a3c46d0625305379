import socket

import pytest
import yaml

from components.findings import Finding, Status
from efuda.checkup.examine import examine
from project.graph import main as write_graph


def found(root, what: str) -> Finding:
    return next(finding for finding in examine(root) if finding.what.startswith(what))


def change(toy_project, **sections) -> None:
    values = yaml.safe_load((toy_project / "params.yaml").read_text(encoding="utf-8"))
    for name, section in sections.items():
        values[name] = section
    (toy_project / "params.yaml").write_text(yaml.safe_dump(values), encoding="utf-8")


def test_settings_that_cannot_be_read_are_an_error_with_the_path(toy_project):
    change(toy_project, trian={"epochs": 3})
    finding = found(toy_project, "params.yaml")
    assert finding.status is Status.ERROR
    assert "trian" in finding.detail


@pytest.mark.parametrize("text", ["not: [closed", "nothing: here"])
def test_a_broken_graph_is_an_error(toy_project, text):
    (toy_project / "dvc.yaml").write_text(text, encoding="utf-8")
    assert found(toy_project, "dvc.yaml").status is Status.ERROR
    (toy_project / "dvc.yaml").unlink()
    assert found(toy_project, "dvc.yaml").status is Status.ERROR


def test_a_graph_of_other_paths_is_a_warning_that_one_command_mends(toy_project):
    (toy_project.parent / "others").mkdir()
    change(toy_project, source={"kind": "folder", "images": "../others"})
    finding = found(toy_project, "dvc.yaml")
    assert finding.status is Status.WARNING
    assert "prepare" in finding.detail
    write_graph()
    assert found(toy_project, "dvc.yaml").status is Status.OK


def test_a_missing_checkpoint_is_an_error(toy_project):
    change(toy_project, encoder={"kind": "open_clip", "model": "local-dir:../weights"})
    findings = [each for each in examine(toy_project) if each.what.startswith("encoder")]
    broken = [each for each in findings if each.status is Status.ERROR]
    assert broken
    assert "weights" in broken[0].detail


def test_weights_that_cannot_be_fetched_name_what_to_do(toy_project, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    encoder = {"kind": "open_clip", "model": "ViT-B-32", "pretrained": "laion2b_s34b_b79k"}
    change(toy_project, encoder=encoder)
    broken = [each for each in examine(toy_project) if each.status is Status.ERROR]
    assert [each.what for each in broken] == ["encoder: ViT-B-32 laion2b_s34b_b79k"]
    assert "encoder.pretrained" in broken[0].detail


def test_a_port_in_use_is_a_warning(toy_project):
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]
        change(toy_project, serve={"port": port})
        finding = found(toy_project, f"port {port}")
    assert finding.status is Status.WARNING
    assert "--port" in finding.remedy


def test_outside_a_project_it_looks_at_the_machine_alone(tmp_path):
    finding = found(tmp_path, "project")
    assert finding.status is Status.WARNING
    assert "efuda init" in finding.remedy
