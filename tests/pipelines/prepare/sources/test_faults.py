"""Bad rows are set aside with a reason; the rest is used."""

import json
import os
from pathlib import Path

import pytest

from components.errors import InputError
from pipelines.prepare.sources.catalog import read_source
from pipelines.prepare.sources.records import SourceRecords
from project.settings.source import SourceSettings


def read(project: Path, kind: str, name: str, **settings: object) -> SourceRecords:
    source = SourceSettings(kind=kind, images="images", annotations=name, **settings)
    return read_source(source, project)


def reasons(source: SourceRecords) -> list[str]:
    return sorted(fault.reason for fault in source.faults)


def cells(source: SourceRecords) -> dict[str, dict[str, int]]:
    return {record.id: dict(record.cells) for record in source.records}


def write_coco(project: Path, **content: object) -> None:
    base = {
        "images": [{"id": 1, "file_name": "a.jpg"}, {"id": 2, "file_name": "b.png"}],
        "annotations": [{"image_id": 1, "category_id": 1}],
        "categories": [{"id": 1, "name": "cat"}, {"id": 2, "name": "dog"}],
    }
    (project / "coco.json").write_text(json.dumps({**base, **content}), encoding="utf-8")


def test_coco_two_images_with_one_id(project: Path) -> None:
    images = [{"id": 1, "file_name": "a.jpg"}, {"id": 1, "file_name": "b.png"}]
    write_coco(project, images=images)
    source = read(project, "coco", "coco.json")
    (fault,) = source.faults
    assert (fault.reason, fault.path, fault.example_id) == ("duplicate_id", "images/b.png", "1")
    # The image that lost its id does not come back as an unlisted one.
    assert sorted(cells(source)) == ["1", "d.jpg", "sub/c.jpg"]


def test_coco_labels_for_what_is_not_there(project: Path) -> None:
    annotations = [
        {"image_id": 1, "category_id": 1},
        {"image_id": 99, "category_id": 1},
        {"image_id": 99, "category_id": 2},
        {"image_id": 2, "category_id": 77},
        {"image_id": 2},
        "not an object",
    ]
    write_coco(project, annotations=annotations)
    source = read(project, "coco", "coco.json")
    assert reasons(source) == ["bad_row", "bad_row", "unknown_image", "unknown_label"]
    stranger = next(fault for fault in source.faults if fault.reason == "unknown_image")
    assert stranger.example_id == "99"
    assert "2 annotation(s)" in stranger.detail
    assert cells(source)["1"] == {"cat": 1}


@pytest.mark.parametrize("name", ["../secret.jpg", "/etc/passwd", "sub/../../x.jpg", "a\0.jpg"])
def test_paths_that_leave_the_folder_of_images(project: Path, name: str) -> None:
    write_coco(project, images=[{"id": 1, "file_name": name}], annotations=[])
    source = read(project, "coco", "coco.json", include_unlisted=False)
    assert reasons(source) == ["path_outside_root"]
    assert not source.records


def test_an_absolute_path_below_the_folder_is_fine(project: Path) -> None:
    inside = str(project / "images" / "sub" / "c.jpg")
    write_coco(project, images=[{"id": 1, "file_name": inside}])
    source = read_source(
        SourceSettings(
            kind="coco", images=str(project / "images"), annotations=str(project / "coco.json")
        )
    )
    assert source.records[0].path == inside
    assert not source.faults


def test_coco_categories_without_name(project: Path) -> None:
    categories = [{"id": 1, "name": "cat"}, {"id": 2, "name": " "}, {"name": "dog"}]
    write_coco(project, categories=categories)
    source = read(project, "coco", "coco.json")
    assert source.label_names == ("cat",)
    assert reasons(source) == ["bad_row", "empty_label"]


def test_labels_outside_the_vocabulary(project: Path) -> None:
    write_coco(project)
    source = read(project, "coco", "coco.json", vocabulary=("dog", "sunset"))
    assert source.label_names == ("dog", "sunset")
    assert reasons(source) == ["unknown_label"]
    # The annotators looked for dogs, not for sunsets.
    assert source.declared == {"cat", "dog"}


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


def test_yolo_faults(project: Path) -> None:
    folder = project / "labels"
    folder.mkdir()
    (folder / "classes.txt").write_text("cat\ndog\n")
    (folder / "a.txt").write_text("0 .5 .5 .1 .1\n7 .5 .5 .1 .1\nnonsense\n-1 .5 .5 .1 .1\n")
    (folder / "ghost.txt").write_text("0 .5 .5 .1 .1\n")
    (folder / "d.txt").write_bytes(b"\xff\xfe0 0")
    source = read(project, "yolo", "labels")
    assert reasons(source) == [
        "bad_annotation",
        "bad_row",
        "bad_row",
        "missing_file",
        "unknown_label",
    ]
    assert cells(source)["a.jpg"] == {"cat": 1}
    line = next(fault for fault in source.faults if fault.reason == "bad_row")
    assert "line 3" in line.detail


def test_yolo_two_pictures_of_one_stem(project: Path) -> None:
    (project / "images" / "a.png").write_bytes((project / "images" / "b.png").read_bytes())
    (project / "images" / "classes.txt").write_text("cat\n")
    (project / "images" / "a.txt").write_text("0 .5 .5 .1 .1\n")
    source = read_source(SourceSettings(kind="yolo", images="images"), project)
    assert [(f.reason, f.path) for f in source.faults] == [("duplicate_id", "images/a.png")]
    assert cells(source)["a.jpg"] == {"cat": 1}


def test_yolo_without_names(project: Path) -> None:
    with pytest.raises(InputError, match=r"source\.names"):
        read_source(SourceSettings(kind="yolo", images="images"), project)


def test_csv_bad_rows(project: Path) -> None:
    (project / "l.csv").write_text(
        "image,cat,,dog\na.jpg,1,x,-1\nb.png,1\n,1,x,1\na.jpg,1,x,1\nd.jpg,maybe,x,1\n"
    )
    source = read(project, "csv", "l.csv")
    assert reasons(source) == ["bad_row", "bad_row", "bad_row", "duplicate_id", "empty_label"]
    assert cells(source) == {
        "a.jpg": {"cat": 1, "dog": -1},
        "d.jpg": {"dog": 1},
        "b.png": {},
        "sub/c.jpg": {},
    }
    details = " ".join(fault.detail for fault in source.faults)
    assert "line 3 has 2 fields" in details
    assert "'maybe' is no state (line 6" in details


def test_csv_contradictions(project: Path) -> None:
    (project / "l.csv").write_text(
        "image,label,state\na.jpg,cat,1\na.jpg,cat,-1\na.jpg,dog,0\na.jpg,dog,-1\na.jpg,,1\n"
    )
    source = read(project, "csv", "l.csv", include_unlisted=False)
    assert reasons(source) == ["conflicting_label", "empty_label"]
    assert cells(source) == {"a.jpg": {"cat": 0, "dog": -1}}


def test_csv_one_id_for_two_images(project: Path) -> None:
    (project / "l.csv").write_text("id,image,label\n1,a.jpg,cat\n1,b.png,dog\n1,a.jpg,dog\n")
    source = read(project, "csv", "l.csv", include_unlisted=False)
    assert reasons(source) == ["duplicate_id"]
    assert cells(source) == {"1": {"cat": 1, "dog": 1}}


def test_csv_cut_in_a_quoted_field(project: Path) -> None:
    (project / "l.csv").write_text('image,caption,cat\na.jpg,"one",1\nb.png,"two and')
    source = read(project, "csv", "l.csv", include_unlisted=False)
    assert reasons(source) == ["bad_row"]
    assert cells(source) == {"a.jpg": {"cat": 1}}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("picture,cat\na.jpg,1\n", r"source\.columns\.image"),
        ("image,cat,cat\na.jpg,1,1\n", "'cat' twice"),
        ("image,cat\na.jpg,ja\nb.png,nein\n", r"source\.encoding"),
        ("", "is empty"),
    ],
)
def test_tables_that_cannot_be_used(project: Path, text: str, message: str) -> None:
    (project / "l.csv").write_text(text)
    with pytest.raises(InputError, match=message):
        read(project, "csv", "l.csv")


def test_a_column_that_is_not_there(project: Path) -> None:
    (project / "l.csv").write_text("image,cat\na.jpg,1\n")
    with pytest.raises(InputError, match=r"the columns of l\.csv are: 'image', 'cat'"):
        read(project, "csv", "l.csv", columns={"image": "file"})


def test_ones_and_zeros_are_pointed_out(project: Path) -> None:
    (project / "l.csv").write_text("image,cat,dog\na.jpg,1,0\n")
    assert "zero-absent" in read(project, "csv", "l.csv").notes[0]
    assert not read(project, "csv", "l.csv", encoding="zero-absent").notes


def test_jsonl_bad_lines(project: Path) -> None:
    lines = [
        '{"image": "a.jpg", "labels": ["cat", ""]}',
        '{"image": "b.png", "labels": {"dog": "perhaps", "cat": -1}}',
        '{"caption": "of nothing"}',
        "[]",
        '{"image": "d.jpg", "labels": 3}',
        '{"image": "sub/c.jp',
    ]
    (project / "l.jsonl").write_text("\n".join(lines))
    source = read(project, "jsonl", "l.jsonl", include_unlisted=False)
    assert reasons(source) == ["bad_row"] * 5 + ["empty_label"]
    assert cells(source) == {"a.jpg": {"cat": 1}, "b.png": {"cat": -1}, "d.jpg": {}}


def test_captions_join_by_path_or_by_id(project: Path) -> None:
    write_coco(project)
    captions = [
        {"image_id": 1, "caption": "a  cat\n"},
        {"image_id": 1, "caption": "again"},
        {"image_id": 50, "caption": "elsewhere"},
        {"image_id": 2},
    ]
    (project / "captions.json").write_text(json.dumps({"annotations": captions}))
    (project / "captions.jsonl").write_text('{"image": "./d.jpg", "captions": ["one", "two"]}\n')
    source = read(project, "coco", "coco.json", captions="captions.json")
    assert source.records[0].captions == ("a cat", "again")
    assert reasons(source) == ["bad_row", "unknown_image"]
    source = read(project, "coco", "coco.json", captions="captions.jsonl")
    assert {r.id: r.captions for r in source.records}["d.jpg"] == ("one", "two")


def test_captions_that_give_no_labels_need_a_vocabulary(project: Path) -> None:
    (project / "l.jsonl").write_text('{"image": "a.jpg", "caption": "a cat"}\n')
    with pytest.raises(InputError, match=r"source\.vocabulary"):
        read(project, "jsonl", "l.jsonl", labels_from_captions=False)
    assert read(project, "jsonl", "l.jsonl").label_names == ()
    source = read(project, "jsonl", "l.jsonl", vocabulary=("cat",))
    assert source.label_names == ("cat",)
    assert cells(source)["a.jpg"] == {}


def test_an_unlisted_image_with_a_listed_id(project: Path) -> None:
    write_coco(project, images=[{"id": "d.jpg", "file_name": "a.jpg"}], annotations=[])
    source = read(project, "coco", "coco.json")
    assert [(f.reason, f.path) for f in source.faults] == [("duplicate_id", "images/d.jpg")]


def test_names_that_no_table_can_hold(project: Path) -> None:
    strange = os.fsdecode(b"caf\xe9.jpg")
    (project / "images" / strange).write_bytes((project / "images" / "a.jpg").read_bytes())
    images = [{"id": "\ud800", "file_name": "a.jpg"}, {"id": 2, "file_name": "\ud800.jpg"}]
    captions = [{"image_id": "\ud800", "caption": "half a \ud83d"}]
    write_coco(project, images=images, annotations=[])
    (project / "captions.json").write_text(json.dumps({"images": images, "annotations": captions}))
    source = read(project, "coco", "coco.json", captions="captions.json")
    assert sorted((fault.reason, fault.path) for fault in source.faults) == [
        ("bad_name", "\\ud800.jpg"),
        ("bad_name", "images/caf\\udce9.jpg"),
    ]
    assert source.records[0].id == "\\ud800"
    assert source.records[0].captions == ("half a \\ud83d",)
    write_coco(project, categories=[{"id": 1, "name": "\ud800"}])
    with pytest.raises(InputError, match="not valid text"):
        read(project, "coco", "coco.json")
