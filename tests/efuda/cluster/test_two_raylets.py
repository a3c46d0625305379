"""`efuda submit` on a cluster of two nodes."""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest
import yaml

from examples.cards import draw
from tests.efuda.cluster.two_raylets import Cluster, two_raylets

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1500)]

ROOT = Path(__file__).parents[3]
ENCODER = ROOT / "examples" / "cards" / "encoder"
EFUDA = [sys.executable, "-m", "efuda.cli"]
NUM_IMAGES = 60
SECTIONS: dict[str, dict[str, Any]] = {
    "embed": {"shard_size": 2, "num_actors": 2},
    "tune": {"runner": "local"},
    "train": {"recipes": ["zero_shot", "assume_negative"], "epochs": 2, "seeds": [0]},
    "calibrate": {"num_bootstrap": 20},
}


@pytest.fixture(scope="module")
def projects(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A project that ran in process, and its like as it was before."""
    home = tmp_path_factory.mktemp("projects")
    drawn = [draw.draw_scene(5, number) for number in range(1, NUM_IMAGES + 1)]
    (home / "images").mkdir()
    for scene, jpeg in drawn:
        (home / "images" / draw.coco.file_name(scene.number)).write_bytes(jpeg)
    document = {
        "images": [draw.coco.image_entry(scene.number) for scene, _ in drawn],
        "annotations": draw.coco.annotation_entries([scene for scene, _ in drawn]),
        "categories": draw.coco.categories(),
    }
    (home / "instances.json").write_text(json.dumps(document), encoding="utf-8")
    source = ["--source", "coco", "--images", "images", "--annotations", "instances.json"]
    efuda(home, "init", "fresh", *source, "--encoder", f"open_clip:local-dir:{ENCODER}")
    path = home / "fresh" / "params.yaml"
    params = yaml.safe_load(path.read_text(encoding="utf-8"))
    for name, values in SECTIONS.items():
        params[name].update(values)
    path.write_text(yaml.safe_dump(params, sort_keys=False), encoding="utf-8")
    shutil.copytree(home / "fresh", home / "local")
    efuda(home / "local", "run")
    return home / "local", home / "fresh"


def efuda(at: Path, *arguments: str, **environment: str) -> str:
    done = subprocess.run(
        [*EFUDA, *arguments],
        cwd=at,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-6000:]
    return done.stdout


def vectors(root: Path) -> dict[str, bytes]:
    """The files of stage embed, but for that which tells how long it took and where."""
    folder = root / "data" / "features"
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "embed.json"
    }


def test_a_cluster_gives_the_figures_of_one_process(projects, monkeypatch):
    local, fresh = projects
    root = Path(shutil.copytree(fresh, fresh.with_name("submitted")))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    with two_raylets() as cluster:
        submit = ("submit", "--address", cluster.address, "--json")
        answer = json.loads(efuda(root, *submit, **cluster.environment))
        assert (answer["status"], answer["exit_status"]) == ("SUCCEEDED", 0)
        assert {"embed", "evaluate", "register"} <= {*answer["ran"]}
        assert vectors(root) == vectors(local)
        metrics = Path("reports") / "metrics.json"
        assert (root / metrics).read_bytes() == (local / metrics).read_bytes()
        assert json.loads(efuda(root, *submit, **cluster.environment))["ran"] == []


def test_a_node_that_is_killed_during_embed_is_done_without(projects, monkeypatch):
    local, fresh = projects
    root = Path(shutil.copytree(fresh, fresh.with_name("killed")))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    with two_raylets() as cluster:
        log = root.parent / "killed.log"
        with log.open("w") as file:
            process = subprocess.Popen(
                [*EFUDA, "submit", "--address", cluster.address, "embed"],
                cwd=root,
                env={**os.environ, **cluster.environment},
                stdout=file,
                stderr=file,
            )
        wait_for_actor(cluster, process)
        cluster.worker.kill()
        assert process.wait(timeout=600) == 0, log.read_text(encoding="utf-8")[-6000:]
    assert vectors(root) == vectors(local)


def wait_for_actor(cluster: Cluster, process: "subprocess.Popen[bytes]") -> None:
    """Until the second node embeds."""
    while process.poll() is None:
        for each in cluster.worker.children(recursive=True):
            try:
                if "MapWorker" in " ".join(each.cmdline()):
                    return
            except psutil.Error:
                continue
        time.sleep(0.02)
    pytest.fail("embed ended, or never began, on the second node")
