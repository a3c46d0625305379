import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from components.data.examples import read_examples, read_quarantine
from components.errors import InputError
from pipelines.prepare.sources.catalog import read_source
from pipelines.prepare.stage import run
from project.layout import Layout
from project.settings import parse_settings
from project.settings.source import SourceSettings
from tests.pipelines.prepare.sources.conftest import draw_images

NUMBERS = range(1, 13)


def write_csv(root: Path, names: list[str]) -> None:
    lines = [f"{name},1" for name in names]
    (root / "l.csv").write_text("\n".join(["image,cat", *lines]) + "\n", encoding="utf-8")


def prepared(root: Path, **source: Any) -> dict[str, Any]:
    given = {"kind": "csv", "images": "images", "annotations": "l.csv", **source}
    values = {"project": {"name": "x"}, "encoder": {"kind": "conse"}, "source": given}
    return run(parse_settings(values, "the test"), Layout(root))


def labelled(root: Path, **source: Any) -> set[str]:
    """The files that got a label."""
    given = {"kind": "csv", "images": "images", "annotations": "l.csv", **source}
    records = read_source(SourceSettings.model_validate(given), root).records
    return {record.image for record in records if record.cells}


# What is written for picture 7, the file of picture 7, and the rules that join them.
CASES = [
    ("img_{n}.jpg", "IMG_{n}.JPG", ["ignore_case"]),
    ("{n}", "{n}.jpg", ["ignore_extension"]),
    ("{n}.png", "{n}.jpg", ["ignore_extension"]),
    ("{n}.jpg", "sub/{n}.jpg", ["ignore_folder"]),
    ("photos/{n}.jpg", "{n}.jpg", ["ignore_folder"]),
    ("/home/anna/{n}.jpg", "{n}.jpg", ["ignore_folder"]),
    (r"C:\photos\{n}.jpg", "{n}.jpg", ["ignore_folder"]),
    ("../photos/{n}.jpg", "{n}.jpg", ["ignore_folder"]),
    ("x-{n}.jpg", "{n}.jpg", ["drop_prefix:x-"]),
    ("{n}.jpg", "IMG_{n}.jpg", ["add_prefix:IMG_"]),
    ("P/img_{n}", "IMG_{n}.JPG", ["ignore_case", "ignore_extension", "ignore_folder"]),
    ("P/{n}", "x-{n}.jpg", ["ignore_extension", "ignore_folder", "add_prefix:x-"]),
]


@pytest.mark.parametrize(("written", "file", "rules"), CASES)
def test_the_rule_that_fits_is_offered_and_then_joins(
    tmp_path: Path, written: str, file: str, rules: list[str]
) -> None:
    files = tuple(file.format(n=f"{n:03}") for n in NUMBERS)
    draw_images(tmp_path / "images", files)
    write_csv(tmp_path, [written.format(n=f"{n:03}") for n in NUMBERS])
    with pytest.raises(InputError) as fault:
        prepared(tmp_path)
    told = str(fault.value)
    assert "names 12 images, and 12 of them have no file in images" in told
    assert f"written: {written.format(n='001')}  (line 2)" in told
    assert f"on disk: {file.format(n='001')}" in told
    assert "12 of these 12 names fit exactly one file each" in told
    offered = told.split("match: [")[1].split("]")[0]
    assert [rule.strip("' ") for rule in offered.split(",")] == rules
    assert labelled(tmp_path, match=rules) == set(files)


def test_backslashes_and_composed_accents_need_no_rule(tmp_path: Path) -> None:
    draw_images(tmp_path / "images", ("sub/a.jpg", "h\u00e9ron.jpg", "odd\\name.jpg"))
    write_csv(tmp_path, [r"sub\a.jpg", "he\u0301ron.jpg", r"odd\name.jpg"])
    assert labelled(tmp_path) == {"sub/a.jpg", "h\u00e9ron.jpg", r"odd\name.jpg"}
    report = prepared(tmp_path)
    assert report["names"] == {
        "num_listed": 3,
        "num_matched": 2,
        "num_lost": 0,
        "match_advised": [],
    }


def test_a_name_with_two_files_gets_none_and_says_so(tmp_path: Path) -> None:
    files = tuple(f"{n:03}.jpg" for n in NUMBERS)
    draw_images(tmp_path / "images", (*files, "003.png"))
    write_csv(tmp_path, [f"{n:03}" for n in NUMBERS])
    with pytest.raises(InputError, match=r"11 of these 12 names.*run again") as fault:
        prepared(tmp_path)
    assert "1 name(s) would be left out" in str(fault.value)
    assert "003 fits 2 files: 003.jpg and 003.png" in str(fault.value)
    prepared(tmp_path, match=["ignore_extension"])
    row = next(row for row in read_quarantine(Layout(tmp_path).quarantine))
    assert (row.reason, row.example_id) == ("missing_file", "003")
    assert "it fits 2 files: 003.jpg and 003.png, so none was taken" in row.detail
    assert {"003.jpg", "003.png"} <= {each.id for each in read_examples(Layout(tmp_path).examples)}


def test_two_names_of_one_file_get_none_but_the_exact_one_keeps_it(tmp_path: Path) -> None:
    draw_images(tmp_path / "images", ("a.jpg", "B.jpg"))
    write_csv(tmp_path, ["a.jpg", "A.jpg", "b.jpg", "b.JPG"])
    # B.jpg is nobody's.
    assert labelled(tmp_path, match=["ignore_case"]) == {"a.jpg", "A.jpg", "b.jpg", "b.JPG"}
    source = SourceSettings(
        kind="csv", images="images", annotations="l.csv", match=("ignore_case",)
    )
    names = read_source(source, tmp_path).names
    assert names is not None
    assert names.num_lost == 3
    assert "named as it is elsewhere" in names.details["A.jpg"]
    assert "and so does b.JPG" in names.details["b.jpg"]


def test_a_few_lost_names_are_set_aside_with_what_would_find_them(tmp_path: Path) -> None:
    files = tuple(f"{n:03}.jpg" for n in range(20))
    draw_images(tmp_path / "images", files)
    write_csv(tmp_path, ["000.JPG", *files[1:], "heron.jpg"][:21])
    report = prepared(tmp_path)
    rows = {row.example_id: row.detail for row in read_quarantine(Layout(tmp_path).quarantine)}
    assert "source.match: [ignore_case] would find 000.jpg" in rows["000.JPG"]
    assert "no file of this name" in rows["heron.jpg"]
    assert any("2 of 21 have no file" in line for line in report["summary"])
    assert "would find more" in "".join(report["summary"])


def test_the_share_that_may_be_lost_is_a_setting(tmp_path: Path) -> None:
    files = tuple(f"{n:03}.jpg" for n in range(10))
    draw_images(tmp_path / "images", files)
    write_csv(tmp_path, [*files, "x.jpg", "y.jpg"])
    with pytest.raises(InputError, match=r"No rule of source\.match.*\n.*max_missing_share"):
        prepared(tmp_path)
    assert prepared(tmp_path, max_missing_share=0.2)["num_examples"] == 10


def write_names(root: Path, kind: str, names: list[str]) -> dict[str, Any]:
    """Annotations that name images, in one format or another; the settings to read them."""
    match kind:
        case "coco":
            content = {
                "images": [{"id": n, "file_name": name} for n, name in enumerate(names)],
                "categories": [{"id": 1, "name": "cat"}],
                "annotations": [{"image_id": n, "category_id": 1} for n in range(len(names))],
            }
            (root / "l.json").write_text(json.dumps(content))
            return {"kind": kind, "annotations": "l.json"}
        case "jsonl":
            lines = [json.dumps({"image": name, "labels": ["cat"]}) for name in names]
            (root / "l.jsonl").write_text("\n".join(lines))
            return {"kind": kind, "annotations": "l.jsonl"}
        case "voc":
            (root / "xml").mkdir()
            for n, name in enumerate(names):
                (root / "xml" / f"{n}.xml").write_text(
                    f"<annotation><filename>{name}</filename><object><name>cat</name></object>"
                    "</annotation>"
                )
            return {"kind": kind, "annotations": "xml"}
        case _:
            for name in names:
                path = (root / "labels" / name).with_suffix(".txt")
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text("0 .5 .5 .1 .1\n")
            return {"kind": "yolo", "annotations": "labels", "vocabulary": ["cat"]}


@pytest.mark.parametrize("kind", ["coco", "jsonl", "voc", "yolo"])
def test_every_kind_that_lists_names_goes_the_same_way(tmp_path: Path, kind: str) -> None:
    files = tuple(f"train/{n:03}.JPG" for n in NUMBERS)
    draw_images(tmp_path / "images", files)
    names = [f"p{n:03}.jpg" for n in NUMBERS]
    source = write_names(tmp_path, kind, names)
    with pytest.raises(InputError, match=r"names 12 images, and 12 .*\n  written: ") as fault:
        prepared(tmp_path, **source)
    rules = ["ignore_case", "ignore_folder", "drop_prefix:p"]
    if kind == "yolo":
        # Its label files have no suffix of an image to differ in.
        rules = ["ignore_folder", "drop_prefix:p"]
    assert f"match: [{', '.join(rules[:-1])}, 'drop_prefix:p']" in str(fault.value)
    assert labelled(tmp_path, **source, match=rules) == set(files)


def test_label_files_that_find_their_image_take_its_split(tmp_path: Path) -> None:
    draw_images(tmp_path / "images", ("train/a.jpg", "val/b.jpg"))
    source = write_names(tmp_path, "yolo", ["a.jpg", "b.jpg"])
    given = {"images": "images", "match": ["ignore_folder"], **source}
    records = read_source(SourceSettings.model_validate(given), tmp_path).records
    assert {record.id: record.split for record in records} == {
        "train/a.jpg": "train",
        "val/b.jpg": "val",
    }


def test_names_of_captions_are_joined_by_the_same_rules(tmp_path: Path) -> None:
    files = tuple(f"{n:03}.jpg" for n in NUMBERS)
    draw_images(tmp_path / "images", files)
    write_csv(tmp_path, list(files))
    lines = [json.dumps({"image": f"p/{n:03}", "caption": "a cat"}) for n in NUMBERS]
    (tmp_path / "c.jsonl").write_text("\n".join(lines))
    with pytest.raises(InputError, match=r"match: \[ignore_extension, ignore_folder\]"):
        prepared(tmp_path, captions="c.jsonl")
    rules = ["ignore_extension", "ignore_folder"]
    assert prepared(tmp_path, captions="c.jsonl", match=rules)["num_captioned"] == 12


def test_captions_of_a_larger_set_stop_nothing(tmp_path: Path) -> None:
    draw_images(tmp_path / "images", ("001.jpg",))
    write_csv(tmp_path, ["001.jpg"])
    lines = [json.dumps({"image": f"{n:03}.jpg", "caption": "a cat"}) for n in NUMBERS]
    (tmp_path / "c.jsonl").write_text("\n".join(lines))
    report = prepared(tmp_path, captions="c.jsonl")
    assert (report["num_captioned"], report["quarantined"]) == (1, {"unknown_image": 1})


def test_a_rule_never_leads_out_of_the_folder_of_images(tmp_path: Path) -> None:
    draw_images(tmp_path / "images", ("a.jpg",))
    Image.new("RGB", (4, 4)).save(tmp_path / "secret.jpg")
    write_csv(tmp_path, ["a.jpg", "../secret.jpg"])
    found = read_source(
        SourceSettings(kind="csv", images="images", annotations="l.csv", match=("ignore_folder",)),
        tmp_path,
    )
    assert [record.image for record in found.records] == ["a.jpg"]
    assert [fault.reason for fault in found.faults] == ["path_outside_root"]


def test_a_rule_that_does_not_exist_is_refused_with_the_nearest():
    with pytest.raises(ValueError, match=r"Did you mean 'ignore_case'\?"):
        SourceSettings.model_validate({"kind": "csv", "images": "x", "match": ["ignorecase"]})
    with pytest.raises(ValueError, match="drop_prefix:TEXT"):
        SourceSettings.model_validate({"kind": "csv", "images": "x", "match": ["drop_prefix:"]})
