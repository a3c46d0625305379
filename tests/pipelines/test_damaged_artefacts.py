"""What an earlier stage wrote and a disk has spoilt: one sentence, in every stage that reads it."""

import importlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from components.errors import InputError
from project.layout import Layout
from project.settings import load_settings
from tests.projects.learning_project import make_project

READ = {
    "tune": ("prepared", "features"),
    "pseudo_label": ("prepared", "features", "tuned"),
    "train": ("prepared", "features", "tuned", "taggers"),
    "calibrate": ("prepared", "features", "taggers", "calibration"),
    "evaluate": ("prepared", "features", "taggers", "calibration", "proposals"),
}
"""What each stage reads, below ``data``."""


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Layout:
    root = tmp_path_factory.mktemp("finished")
    recipes = {"recipes": ["zero_shot", "ignore_unknown"], "seeds": [0], "epochs": 1}
    layout = make_project(root, train=recipes, evaluate={"num_bootstrap": 2})
    run(layout, "tune", "pseudo_label", "train", "calibrate", "evaluate")
    return layout


def run(layout: Layout, *stages: str) -> None:
    settings = load_settings(layout.params)
    for stage in stages:
        importlib.import_module(f"pipelines.{stage}.stage").run(settings, layout)


def read_by(stage: str, root: Path) -> Iterator[Path]:
    for folder in READ[stage]:
        for path in sorted((root / "data" / folder).rglob("*")):
            if path.is_file():
                yield path.relative_to(root)


@pytest.mark.parametrize("stage", READ)
def test_no_damage_is_called_a_bug(finished, tmp_path, stage):
    told: list[str] = []
    for number, name in enumerate(read_by(stage, finished.root)):
        content = (finished.root / name).read_bytes()
        for what, damaged in (
            ("empty", b""),
            ("cut", content[: len(content) // 2]),
            ("zeros", bytes(len(content))),
        ):
            layout = Layout(tmp_path / f"{number}-{what}")
            shutil.copytree(finished.root, layout.root)
            (layout.root / name).write_bytes(damaged)
            try:
                run(layout, stage)
            except InputError as fault:
                told.append(str(fault))
            shutil.rmtree(layout.root)
    assert told
    assert all("data/" in each for each in told)
