"""A project of one's own, from `efuda init` to a champion, on a small drawn world."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from PIL import Image

from efuda.commands.stages import HELP

ENCODER = Path(__file__).parents[2] / "examples" / "cards" / "encoder"
STAGES = list(HELP)


def call(arguments: list[object], directory: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-m", *map(str, arguments)],
        cwd=directory,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def efuda(project: Path, *arguments: object) -> dict[str, Any]:
    return json.loads(call(["efuda.cli", *arguments, "--json"], project))


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    world = tmp_path_factory.mktemp("world")
    cards = world / "cards"
    call(["examples.cards.draw", "--out", cards, "--scenes", 150, "--sketches", 1], world)
    encoder = f"open_clip:local-dir:{ENCODER}" if ENCODER.is_dir() else "conse"
    efuda(
        world,
        *("init", "project", "--source", "coco", "--images", cards / "images"),
        *("--annotations", cards / "instances.json", "--captions", cards / "captions.json"),
        *("--sketches", cards / "sketches", "--hide", "single-positive", "--encoder", encoder),
    )
    params = world / "project" / "params.yaml"
    values = yaml.safe_load(params.read_text(encoding="utf-8"))
    values["tune"] |= {"runner": "local"}
    values["train"] |= {"epochs": 3, "seeds": [0]}
    values["evaluate"] |= {"num_bootstrap": 50}
    params.write_text(yaml.safe_dump(values), encoding="utf-8")
    return world / "project"


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_every_stage_runs_once_and_one_new_image_is_embedded_alone(project):
    assert efuda(project, "run") == {"ok": True, "ran": STAGES}
    metrics = json.loads((project / "reports" / "metrics.json").read_text(encoding="utf-8"))
    assert {"zero_shot", "assume_negative", "ignore_unknown", "vlpl"} <= set(metrics["test"])

    assert efuda(project, "run") == {"ok": True, "ran": []}

    assert efuda(project, "promote")["outcome"] == "promoted"
    assert efuda(project, "promote")["outcome"] == "unchanged"

    report = project / "data" / "features" / "embed.json"
    before = json.loads(report.read_text(encoding="utf-8"))
    Image.effect_noise((200, 200), 40).convert("RGB").save(
        project.parent / "cards" / "images" / "one-more.png"
    )
    again = efuda(project, "run")
    assert again["ok"]
    assert "embed" in again["ran"]
    after = json.loads(report.read_text(encoding="utf-8"))
    assert after["embedded"] == 1
    assert after["reused"] == before["embedded"]
