from pathlib import Path

import numpy as np
import pytest

from components.labels.matrix import LabelMatrix
from components.labels.vocabulary import Vocabulary
from tests.pipelines.prepare.sources.written import cells, present, read, read_back, reasons


def voc_object(name: str, difficult: int = 0) -> str:
    return f"<object><name>{name}</name><difficult>{difficult}</difficult></object>"


def write_voc(folder: Path, image: str, objects: str) -> None:
    path = (folder / image).with_suffix(".xml")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"<annotation><filename>{image}</filename>{objects}</annotation>")


def test_voc(project: Path, truth: LabelMatrix) -> None:
    for row, image in enumerate(truth.example_ids):
        objects = "".join(voc_object(name) for name in present(truth, row))
        write_voc(project / "xml", image, objects)
    read = read_back(project, truth, kind="voc", annotations="xml")
    assert np.array_equal(read.states, truth.states)


@pytest.mark.parametrize(("difficult", "state"), [("unknown", 0), ("absent", -1), ("present", 1)])
def test_voc_boxes_that_are_all_difficult(project: Path, difficult: str, state: int) -> None:
    both = voc_object("dog", 1) + voc_object("dog") + voc_object("cat", 1)
    write_voc(project / "xml", "a.jpg", both)
    write_voc(project / "xml", "b.png", voc_object("cat"))
    expected = LabelMatrix(
        ("a.jpg", "b.png", "d.jpg"),
        Vocabulary(("cat", "dog")),
        np.array(((state, 1), (1, -1), (0, 0)), dtype=np.int8),
    )
    read = read_back(project, expected, kind="voc", annotations="xml", difficult=difficult)
    assert np.array_equal(read.states, expected.states)


def test_voc_damaged_files_leave_their_images_unlabelled(project: Path) -> None:
    folder = project / "xml"
    folder.mkdir()
    (folder / "a.xml").write_text("<annotation><object><name>cat</name></object></annotation>")
    (folder / "b.xml").write_text("<annotation><object><na")
    (folder / "d.xml").write_text('<!DOCTYPE x [<!ENTITY a "b">]><annotation/>')
    (folder / "gone.xml").write_text("<annotation><object><name></name></object></annotation>")
    source = read(project, "voc", "xml")
    assert reasons(source) == ["bad_annotation", "bad_annotation", "empty_label"]
    assert cells(source)["a.jpg"] == {"cat": 1}
    assert cells(source)["b.png"] == {}
    # Its image does not exist, which opening it will tell.
    assert "gone.jpg" in cells(source)
