"""Any finished project as a world of the bench, with or without the source tree."""

import ast
import sys
from pathlib import Path

import numpy as np
import pytest

from bench.import_closure import OURS
from bench.project_world import make_project_world, project_world
from bench.world import open_world
from components.captions.class_words import label_words
from components.data.examples import read_examples
from components.errors import InputError
from components.labels.matrix import LabelMatrix
from components.labels.tables import matrix_to_table, read_labels, read_matrix, write_labels
from components.labels.vocabulary import Vocabulary
from project.layout import Layout
from tests.efuda.called import call
from tests.projects.learning_project import EMBED, ENCODER_ID, make_project

ROOT = Path(__file__).parents[2]


SETTINGS = """\
project: {name: discs}
source: {kind: folder, images: images}
encoder: {kind: conse}
"""


def finished(root: Path) -> Layout:
    """A project after embed; the training labels that are not known were hidden on purpose."""
    layout = make_project(root, examples=60)
    layout.params.write_text(SETTINGS, encoding="utf-8")
    vocabulary = Vocabulary.load(layout.vocabulary)
    ids = tuple(example.id for example in read_examples(layout.examples))
    known = read_matrix(layout.labels, ids, vocabulary)
    hidden = np.where(known.states == 0, -1, 0).astype(np.int8)
    write_labels(layout.hidden_labels, matrix_to_table(LabelMatrix(ids, vocabulary, hidden)))
    return layout


class NoEncoder:
    """In place of the project's: of the width of its vectors."""

    id, embed_dim, grid = ENCODER_ID, EMBED, (0, 0)


@pytest.fixture
def layout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Layout:
    monkeypatch.setattr("bench.project_world.build_encoder", lambda config: NoEncoder())
    return finished(tmp_path / "discs")


def test_hidden_labels_count_as_known_and_a_changed_project_is_read_anew(
    layout: Layout, tmp_path: Path
) -> None:
    folder = make_project_world("discs", layout.root, tmp_path, label_words)
    world = open_world(folder)
    assert all((part.states != 0).all() for part in world.parts.values())
    before = folder.stat().st_ino
    assert make_project_world("discs", layout.root, tmp_path, label_words) == folder
    assert folder.stat().st_ino == before
    layout.params.write_text(layout.params.read_text() + "\n# changed\n")
    make_project_world("discs", layout.root, tmp_path, label_words)
    assert folder.stat().st_ino != before


def test_a_project_whose_truth_is_unknown_is_refused(layout: Layout) -> None:
    write_labels(layout.hidden_labels, read_labels(layout.hidden_labels).slice(0, 0))
    with pytest.raises(InputError, match=r"\d\d% of the cells of its train split are unknown"):
        project_world("discs", layout, label_words)


def test_a_project_is_measured_where_the_source_tree_is_missing(
    layout: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    monkeypatch.setitem(sys.modules, "examples.worlds", None)
    monkeypatch.delitem(sys.modules, "examples.worlds.catalog", raising=False)
    asked = ["--method", "zero_shot", "--protocol", "partial:0.5", "--seeds", 1, "--local"]
    assert call("bench", "--project", layout.root, *asked, "--out", tmp_path / "out") == 0
    assert "| discs, mAP" in capsys.readouterr().out
    with pytest.raises(InputError, match="World cards is made by Efuda's source tree"):
        call("bench", *asked, "--out", tmp_path / "out")


def test_two_worlds_of_one_name_are_refused(layout: Layout, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="Two worlds are called 'discs'"):
        call("bench", "--project", layout.root, "--project", layout.root, "--out", tmp_path / "o")


def test_the_bench_imports_nothing_that_stays_outside_the_wheel() -> None:
    """Nor any layer above it, also inside functions."""
    others = {path.parent.name for path in ROOT.glob("*/*.py")} - set(OURS)
    assert {"examples", "benchmarks", "pipelines", "serving", "efuda"} <= others
    for path in (ROOT / "bench").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in getattr(node, "names", []) if hasattr(alias, "name")]
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            elif not isinstance(node, ast.Import):
                continue
            assert not {name.partition(".")[0] for name in names} & others, path
