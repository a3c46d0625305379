"""What is written in a format is read again as it was, or as the guide says."""

import json
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.errors import InputError
from components.exports.catalog import FORMATS
from tests.components.exports.round_trip import (
    known,
    make_export,
    make_images,
    read_again,
    written,
)

each_format = pytest.mark.parametrize("name", list(FORMATS))
SAYS_ALL = [name for name in FORMATS if name != "yolo"]

PLACES = ["a.jpg", 'sub/b, "two".jpg', "sub/猫 & 犬.png", "c|d.jpg", "e;f.jpeg", "deep/er/g.jpg"]
LABELS = ["dog", "house, red", 'the "cat"', "猫", "a|b", "<tag> & more", "yes", "7", "never seen"]

STATES = [
    [1, 0, -1, 0, 1, 0, 1, -1, 0],
    [-1, 1, 0, 0, 0, 1, -1, 1, 0],
    [0, 0, 0, 0, 0, 0, 0, 0, 0],
    [-1, -1, -1, -1, -1, -1, -1, -1, 0],
    [0, 0, 1, 1, 0, 0, 0, 0, 0],
    [1, 1, 1, 1, 1, 1, 1, 1, 0],
]


@pytest.mark.parametrize("name", SAYS_ALL)
def test_all_three_states_come_back(tmp_path, name):
    export = make_export(PLACES, LABELS, STATES)
    make_images(tmp_path / "photos", PLACES)
    told = written(export, name, tmp_path / "out")
    assert read_again(tmp_path, name, f"out/{told.annotations}") == known(export)


def test_yolo_gives_presences_back_and_no_absence_that_is_none(tmp_path):
    export = make_export(PLACES, LABELS, STATES)
    make_images(tmp_path / "photos", PLACES)
    told = written(export, "yolo", tmp_path / "out")
    present = {cell: state for cell, state in known(export).items() if state == 1}
    assert read_again(tmp_path, "yolo", f"out/{told.annotations}") == present
    assert any("which YOLO cannot say" in note for note in told.notes)


@each_format
def test_complete_labels_come_back_with_their_absences(tmp_path, name):
    complete = np.where(np.array(STATES) == 1, 1, -1)
    export = make_export(PLACES, LABELS, complete)
    make_images(tmp_path / "photos", PLACES)
    told = written(export, name, tmp_path / "out")
    assert read_again(tmp_path, name, f"out/{told.annotations}") == known(export)


@each_format
def test_unknown_never_becomes_absent(tmp_path, name):
    export = make_export(PLACES, LABELS, STATES)
    make_images(tmp_path / "photos", PLACES)
    told = written(export, name, tmp_path / "out")
    again = read_again(tmp_path, name, f"out/{told.annotations}")
    wrong = {cell for cell, state in again.items() if known(export).get(cell, 0) != state}
    assert wrong == set()


names = st.text(
    st.characters(exclude_categories=["C", "Z"], exclude_characters="/\\"), min_size=1, max_size=6
)


@settings(max_examples=15, deadline=None)
@given(
    labels=st.lists(names, min_size=1, max_size=4, unique_by=str.casefold),
    stems=st.lists(names, min_size=1, max_size=3, unique=True),
    data=st.data(),
)
def test_states_of_any_names_come_back(labels, stems, data):
    places = [f"in {number}/{stem}.jpg" for number, stem in enumerate(stems)]
    cells = st.lists(
        st.sampled_from([-1, 0, 1]), min_size=len(labels) * len(places), max_size=99
    ).map(lambda drawn: np.array(drawn[: len(labels) * len(places)]))
    states = data.draw(cells).reshape(len(places), len(labels))
    export = make_export(places, labels, states)
    for name in SAYS_ALL:
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            make_images(root / "photos", places)
            told = written(export, name, root / "out")
            if not states.any() and name == "voc":
                continue  # it names no label at all, so there is no source to read
            assert read_again(root, name, f"out/{told.annotations}") == known(export), name


def test_voc_refuses_what_xml_cannot_hold(tmp_path):
    with pytest.raises(InputError, match="another format"):
        written(make_export(["a.jpg"], ["bell \x07"], [[1]]), "voc", tmp_path / "out")


def test_yolo_tells_of_images_that_share_a_label_file(tmp_path):
    export = make_export(["a.jpg", "a.png"], ["cat"], [[1], [-1]])
    told = written(export, "yolo", tmp_path / "out")
    assert any("1 images share their name" in note for note in told.notes)


def test_equal_labels_give_equal_bytes(tmp_path):
    export = make_export(PLACES, LABELS, STATES)
    for name in FORMATS:
        for place in ("one", "two"):
            written(export, name, tmp_path / f"{name}-{place}")
        one, two = (
            {
                path.relative_to(folder): path.read_bytes()
                for path in folder.rglob("*")
                if path.is_file()
            }
            for folder in (tmp_path / f"{name}-one", tmp_path / f"{name}-two")
        )
        assert one == two


def test_json_lines_keep_captions(tmp_path):
    export = make_export(["a.jpg"], ["cat"], [[1]])
    captioned = export.images[0].__class__(
        image="a.jpg", id="1", split="val", width=1, height=1, captions=("A cat.",)
    )
    export.images[0:1] = [captioned]  # type: ignore[index]
    written(export, "jsonl", tmp_path / "out")
    line = json.loads((tmp_path / "out" / "labels.jsonl").read_text())
    assert line == {
        "image": "a.jpg",
        "id": "1",
        "split": "val",
        "captions": ["A cat."],
        "labels": {"cat": "present"},
    }
