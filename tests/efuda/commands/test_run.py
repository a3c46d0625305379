import json
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from components.errors import InputError
from efuda.new_project.create import make_repository
from project.environment import quiet_environment, with_this_python_first
from project.graph import dvc_yaml, graph_of
from project.graph import main as write_graph
from project.graph_file import graph_text
from project.settings import load_settings
from project.stage_lock import only_run
from tests.efuda.called import call

PARAMS = """\
project: {name: toy}
source: {kind: folder, images: images}
encoder: {kind: conse}
"""
GRAPH = """\
stages:
  first:
    cmd: python -c "import sys; print('ran by', sys.executable); open('first.txt', 'w').close()"
    params: [project]
    outs: [first.txt]
  second:
    cmd: python second.py
    deps: [first.txt, second.py]
    outs: [second.txt]
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "params.yaml").write_text(PARAMS, encoding="utf-8")
    (tmp_path / "dvc.yaml").write_text(GRAPH, encoding="utf-8")
    (tmp_path / "second.py").write_text("open('second.txt', 'w').close()", encoding="utf-8")
    make_repository(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run_json(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Any]]:
    status = call("run", *arguments, "--json")
    return status, json.loads(capsys.readouterr().out)


def test_stages_run_once_with_the_python_that_runs_efuda(project, capfd):
    status = call("run")
    told = capfd.readouterr().err
    assert status == 0
    assert f"ran by {sys.executable}" in told
    assert run_json(capfd) == (0, {"ok": True, "ran": []})
    assert run_json(capfd, "--force", "first")[1]["ran"] == ["first"]


def test_a_fault_of_the_users_and_a_bug_have_different_statuses(project, capfd):
    (project / "second.py").write_text("raise SystemExit(2)", encoding="utf-8")
    status, report = run_json(capfd)
    assert (status, report["ok"], report["ran"]) == (2, False, ["first", "second"])
    assert "second" in report["error"]
    (project / "second.py").write_text("raise SystemExit(1)", encoding="utf-8")
    assert run_json(capfd)[0] == 1


def test_unknown_keys_stop_the_run_before_any_stage(project):
    (project / "params.yaml").write_text(PARAMS + "trian: {epochs: 3}\n", encoding="utf-8")
    with pytest.raises(InputError, match="trian: Extra inputs"):
        call("run")
    (project / "params.yaml").write_text(
        PARAMS + "train: {epochs: 0, learning_rte: 1}\n", encoding="utf-8"
    )
    with pytest.raises(InputError) as fault:
        call("run")
    assert "train.epochs" in str(fault.value)
    assert "train.learning_rte" in str(fault.value)


def test_the_graph_follows_the_settings(project, capfd):
    (project / "images").mkdir()
    (project / "others").mkdir()
    settings = load_settings(project / "params.yaml")
    added = {"stages": {"mine": {"cmd": "echo mine", "outs": ["mine.txt"]}}}
    graph = project / "dvc.yaml"
    graph.write_text(graph_text(graph_of(settings), added), encoding="utf-8")
    (project / "params.yaml").write_text(
        PARAMS.replace("images: images", "images: others"), encoding="utf-8"
    )
    assert call("run", "--dry", "mine") == 0
    told = capfd.readouterr().err
    assert "dvc.yaml was written anew to fit params.yaml (stages: prepare)." in told
    assert "The folder reviewed was missing; it was made again." in told
    stages = yaml.safe_load(graph.read_text(encoding="utf-8"))["stages"]
    assert "others" in stages["prepare"]["deps"]
    assert stages["mine"] == {"cmd": "echo mine", "outs": ["mine.txt"]}
    assert call("run", "--dry", "mine") == 0
    assert "written anew" not in capfd.readouterr().err


@pytest.mark.parametrize("edit", ["comment", "command"])
def test_a_graph_that_was_edited_by_hand_is_not_lost(project, edit):
    graph = project / "dvc.yaml"
    text = dvc_yaml(load_settings(project / "params.yaml"))
    text = (
        text.replace("stages:", "# mine\nstages:")
        if edit == "comment"
        else text.replace("pipelines.prepare", "pipelines.prepare --json")
    )
    graph.write_text(text, encoding="utf-8")
    (project / "params.yaml").write_text(
        PARAMS.replace("images: images", "images: others"), encoding="utf-8"
    )
    with pytest.raises(InputError, match=r"prepare.*`python -m project\.graph`"):
        call("run", "--dry")
    assert graph.read_text(encoding="utf-8") == text
    write_graph()
    assert "others" in graph.read_text(encoding="utf-8")


def test_a_project_without_dvc_is_told_how_to_mend_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "params.yaml").write_text(PARAMS, encoding="utf-8")
    with pytest.raises(InputError, match=r"no dvc\.yaml"):
        call("run")
    (tmp_path / "dvc.yaml").write_text(GRAPH, encoding="utf-8")
    with pytest.raises(InputError, match="dvc init"):
        call("run")


@pytest.mark.slow
def test_after_a_killed_run_a_new_one_works(project, capfd):
    (project / "second.py").write_text(
        textwrap.dedent(
            """
            import pathlib, time
            first = not pathlib.Path('started').exists()
            pathlib.Path('started').touch()
            time.sleep(20 if first else 0)
            pathlib.Path('second.txt').touch()
            """
        ),
        encoding="utf-8",
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "dvc", "repro"],
        env=with_this_python_first({}),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 60
    while not (project / "started").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    process.kill()
    process.wait()
    assert run_json(capfd) == (0, {"ok": True, "ran": ["second"]})


def test_a_second_run_of_a_stage_waits_for_the_first(tmp_path):
    code = (
        "import sys, time; from pathlib import Path; from project.stage_lock import only_run\n"
        f"with only_run('train', Path({str(tmp_path)!r})):\n"
        "    print('held', flush=True); time.sleep(1); print('left', time.time(), flush=True)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with only_run("train", tmp_path):
            entered = time.time()
        left = float(other.stdout.readline().split()[1])
    assert entered >= left


def test_a_killed_holder_frees_the_lock(tmp_path):
    code = (
        "import time; from pathlib import Path; from project.stage_lock import only_run\n"
        f"with only_run('train', Path({str(tmp_path)!r})):\n"
        "    print('held', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        other.stdout.readline()
        other.kill()
    with only_run("train", tmp_path):
        pass


def test_nobody_is_told_anything(monkeypatch):
    import os

    monkeypatch.setenv("DO_NOT_TRACK", "0")
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.delenv("RAY_USAGE_STATS_ENABLED", raising=False)
    quiet_environment()
    assert os.environ["RAY_USAGE_STATS_ENABLED"] == "0"
    assert os.environ["DO_NOT_TRACK"] == "0"
    assert "PYTHONDONTWRITEBYTECODE" not in os.environ


def test_this_pythons_folder_comes_first_and_once():
    ours = str(Path(sys.executable).parent)
    path = with_this_python_first({"PATH": f"/usr/bin:{ours}", "OTHER": "kept"})
    assert path == {"PATH": f"{ours}:/usr/bin", "OTHER": "kept"}
