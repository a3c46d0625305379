"""Reviews reach prepare by way of DVC, and are refused where it does not see them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from components.errors import InputError
from components.labels.matrix import LabelMatrix
from components.labels.states import Provenance
from components.labels.tables import matrix_to_table, read_labels, write_labels
from components.labels.vocabulary import Vocabulary
from efuda.new_project.create import create_project
from pipelines.prepare.stage import run
from project.environment import with_this_python_first
from project.layout import Layout
from project.reviewed import README, make_reviewed_folder
from project.settings import Settings, parse_settings


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """Of a new project, beside twelve photographs in two folders."""
    rng = np.random.default_rng(0)
    for number in range(12):
        path = tmp_path / "photos" / ("cat" if number % 2 else "dog") / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 255, (24, 24, 3), np.uint8)).save(path)
    layout = Layout(tmp_path / "project")
    create_project(layout.root, settings())
    return layout


def settings() -> Settings:
    values = {
        "project": {"name": "pets"},
        "source": {"kind": "folder", "images": "../photos"},
        "encoder": {"kind": "conse"},
    }
    return parse_settings(values, "params.yaml")


def dvc(layout: Layout, *arguments: str) -> str:
    command = [sys.executable, "-m", "dvc", *arguments]
    environment = with_this_python_first(os.environ)
    done = subprocess.run(
        command, cwd=layout.root, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def review(layout: Layout, label: str) -> None:
    vocabulary = Vocabulary.load(layout.vocabulary)
    decided = LabelMatrix(("dog/0.png",), vocabulary, np.zeros((1, len(vocabulary.names)), np.int8))
    decided.states[0, vocabulary.names.index(label)] = 1
    write_labels(layout.reviewed_labels, matrix_to_table(decided, Provenance.REVIEWED))


def states(layout: Layout) -> dict[tuple[str, str], tuple[int, str]]:
    rows = read_labels(layout.labels).to_pylist()
    return {(row["example_id"], row["label"]): (row["state"], row["provenance"]) for row in rows}


@pytest.mark.slow
def test_dvc_sees_a_review_and_prepares_anew(layout: Layout) -> None:
    dvc(layout, "repro", "--quiet", "prepare")
    assert json.loads(dvc(layout, "status", "--json", "prepare")) == {}
    assert states(layout).get(("dog/0.png", "cat")) != (1, "reviewed")

    review(layout, "cat")
    changed = json.loads(dvc(layout, "status", "--json", "prepare"))
    assert changed == {"prepare": [{"changed deps": {"reviewed": "modified"}}]}
    dvc(layout, "repro", "--quiet", "prepare")
    assert states(layout)["dog/0.png", "cat"] == (1, "reviewed")
    assert json.loads(dvc(layout, "status", "--json", "prepare")) == {}


def test_git_tracks_the_folder_of_a_new_project(layout: Layout) -> None:
    assert (layout.reviewed / "README.md").read_text(encoding="utf-8") == README
    command = ["git", "ls-files", "--others", "--exclude-standard", "reviewed"]
    seen = subprocess.run(command, cwd=layout.root, capture_output=True, text=True, check=True)
    assert seen.stdout.split() == ["reviewed/README.md"]


def test_a_readme_of_ones_own_is_kept(layout: Layout) -> None:
    (layout.reviewed / "README.md").write_text("Ours.\n")
    make_reviewed_folder(layout)
    assert (layout.reviewed / "README.md").read_text() == "Ours.\n"


def test_reviews_where_git_ignores_them_are_refused(layout: Layout) -> None:
    run(settings(), layout)
    review(layout, "cat")
    old = layout.root / "data" / "reviewed" / "labels.parquet"
    old.parent.mkdir()
    layout.reviewed_labels.rename(old)
    with pytest.raises(InputError, match=r"data/reviewed/labels\.parquet is not read.*Move"):
        run(settings(), layout)
