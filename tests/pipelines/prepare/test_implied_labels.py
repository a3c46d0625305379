"""Parents of names, from a source to the tables: what is implied, hidden and contradicted."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from components.data.examples import read_examples, read_quarantine
from components.labels.states import Provenance
from components.labels.tables import read_labels
from components.labels.vocabulary import Vocabulary
from pipelines.prepare.stage import run
from project.layout import Layout
from project.reviewed import REVIEWED_SCHEMA
from tests.pipelines.prepare.test_stage import settings_of

FILE = """\
sparrow: {synonyms: [house sparrow], parents: [bird]}
crow: {parents: [bird]}
bird: {parents: [animal]}
animal:
car:
"""


def make_project(root: Path, header: str, *rows: str) -> Layout:
    (root / "images").mkdir()
    for number in range(len(rows)):
        pixels = np.random.default_rng(number).integers(0, 255, (6, 9, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(root / "images" / f"{number}.png")
    lines = [header, *(f"{number}.png,{row}" for number, row in enumerate(rows))]
    (root / "labels.csv").write_text("\n".join(lines) + "\n")
    (root / "names.yaml").write_text(FILE)
    return Layout(root)


def prepare(layout: Layout, source: dict | None = None, **sections):
    csv = {"kind": "csv", "images": "images", "annotations": "labels.csv"}
    return run(
        settings_of(source={**csv, "vocabulary_file": "names.yaml", **(source or {})}, **sections),
        layout,
    )


def told(path: Path, image: str = "0.png") -> dict[str, tuple[int, str]]:
    rows = read_labels(path).to_pylist()
    return {r["label"]: (r["state"], r["provenance"]) for r in rows if r["example_id"] == image}


def test_children_and_parents_imply_each_other_and_are_told_from_the_observed(tmp_path: Path):
    layout = make_project(tmp_path, "image,sparrow,crow,bird,animal,car", "1,0,0,0,0", "0,0,-1,0,1")
    report = prepare(layout)
    observed, implied = str(Provenance.OBSERVED), str(Provenance.IMPLIED)
    assert told(layout.labels) == {
        "sparrow": (1, observed),
        "bird": (1, implied),
        "animal": (1, implied),
    }
    assert told(layout.labels, "1.png") == {
        "bird": (-1, observed),
        "sparrow": (-1, implied),
        "crow": (-1, implied),
        "car": (1, observed),
    }
    assert (report["num_implied"], report["num_present"], report["num_absent"]) == (4, 4, 3)
    assert any("4 cells follow from others" in line for line in report["summary"])
    assert Vocabulary.load(layout.vocabulary).meaning("sparrow").parents == ("bird",)


def test_a_contradiction_is_set_aside_with_both_cells_named_and_neither_is_changed(tmp_path: Path):
    layout = make_project(tmp_path, "image,sparrow,crow,bird,animal,car", "1,0,0,-1,0", "1,0,0,0,0")
    report = prepare(layout)
    assert told(layout.labels) == {"sparrow": (1, "observed"), "animal": (-1, "observed")}
    [fault] = [f for f in read_quarantine(layout.quarantine) if f.reason == "conflicting_label"]
    assert fault.example_id == "0.png"
    assert "'sparrow' is observed present and implies 'animal'" in fault.detail
    assert "observed absent" in fault.detail
    assert report["quarantined"] == {"conflicting_label": 1}
    assert report["num_quarantined_images"] == 0


def test_people_decide_over_what_is_implied_and_imply_themselves(tmp_path: Path):
    layout = make_project(tmp_path, "image,sparrow,crow,bird,animal,car", "1,0,0,0,0", "0,0,0,0,0")
    rows = [("0.png", "animal", 0), ("1.png", "crow", 1)]
    table = REVIEWED_SCHEMA.empty_table().to_pylist()
    table += [
        {"example_id": image, "label": label, "state": state, "provenance": "reviewed"}
        for image, label, state in rows
    ]
    import pyarrow as pa
    import pyarrow.parquet as pq

    layout.reviewed.mkdir()
    pq.write_table(pa.Table.from_pylist(table, schema=REVIEWED_SCHEMA), layout.reviewed_labels)
    prepare(layout)
    assert told(layout.labels) == {"sparrow": (1, "observed"), "bird": (1, "implied")}
    assert told(layout.labels, "1.png") == {
        "crow": (1, "reviewed"),
        "bird": (1, "implied"),
        "animal": (1, "implied"),
    }


def test_silence_about_a_parent_is_no_denial(tmp_path: Path):
    layout = make_project(tmp_path, "image,labels", "sparrow", "car")
    prepare(layout, {"exhaustive": True})
    states = {label: state for label, (state, _) in told(layout.labels).items()}
    assert states["sparrow"] == states["bird"] == states["animal"] == 1
    assert not read_quarantine(layout.quarantine)


def test_hidden_cells_follow_too_and_no_cell_is_both_known_and_hidden(tmp_path: Path):
    rows = [*["1,0,1,1,1"] * 20, *["0,1,1,0,-1"] * 10]
    layout = make_project(tmp_path, "image,sparrow,crow,bird,animal,car", *rows)
    report = prepare(
        layout, hide={"protocol": "single-positive", "splits": ["train", "val", "test"]}
    )
    known, hidden = (
        {(r["example_id"], r["label"]): r["state"] for r in read_labels(path).to_pylist()}
        for path in (layout.labels, layout.hidden_labels)
    )
    assert not known.keys() & hidden.keys()
    assert report["hide"]["num_hidden"] == len(hidden)
    for example in read_examples(layout.examples):
        cells = {label: s for (i, label), s in {**known, **hidden}.items() if i == example.id}
        truth = dict(
            zip(
                ("sparrow", "crow", "bird", "animal", "car"),
                map(int, rows[int(example.id[:-4])].split(",")),
                strict=True,
            )
        )
        assert {label: state for label, state in truth.items() if state}.items() <= cells.items()
        assert cells["animal"] == 1
        if known.get((example.id, "sparrow")) == 1:
            assert known[example.id, "bird"] == known[example.id, "animal"] == 1


def test_without_parents_the_tables_are_as_they_were(tmp_path: Path):
    layout = make_project(
        tmp_path, "image,sparrow,crow,bird,animal,car", "1,0,0,0,-1", "0,-1,0,0,1"
    )
    prepare(layout, {"vocabulary_file": None})
    before = layout.labels.read_bytes()
    (tmp_path / "names.yaml").write_text("- sparrow\n- crow\n- bird\n- animal\n- car\n")
    prepare(layout)
    assert layout.labels.read_bytes() == before
    assert set(told(layout.labels).values()) <= {(1, "observed"), (-1, "observed")}


def test_a_synonym_in_the_source_is_its_label_and_contradictions_are_set_aside(tmp_path: Path):
    layout = make_project(tmp_path, "image,sparrow,House_Sparrow,car", "0,1,-1", "-1,1,0", "1,1,1")
    report = prepare(layout)
    assert told(layout.labels)["sparrow"] == (1, "observed")
    assert "sparrow" not in told(layout.labels, "1.png")
    [fault] = read_quarantine(layout.quarantine)
    assert "spellings or synonyms of 'sparrow' contradict each other" in fault.detail
    assert "'House_Sparrow' was counted as its synonym 'sparrow'." in report["notes"]


def test_a_name_that_may_be_misspelt_is_told(tmp_path: Path):
    layout = make_project(tmp_path, "image,sparow,car", "1,1", "0,1")
    prepare(layout)
    [fault] = read_quarantine(layout.quarantine)
    assert "label 'sparow' is not in the vocabulary" in fault.detail
    assert "is it the 'sparrow' of the vocabulary, which no image has?" in fault.detail


@pytest.mark.parametrize("circle", ["sparrow: {parents: [bird]}\nbird: {parents: [sparrow]}\n"])
def test_a_circle_stops_prepare_and_what_was_there_stays(tmp_path: Path, circle: str):
    layout = make_project(tmp_path, "image,sparrow,bird", "1,0", "0,1")
    prepare(layout)
    before = {path.name: path.read_bytes() for path in layout.prepared.iterdir()}
    (tmp_path / "names.yaml").write_text(circle)
    with pytest.raises(Exception, match="Parents run in a circle"):
        prepare(layout)
    assert {path.name: path.read_bytes() for path in layout.prepared.iterdir()} == before
