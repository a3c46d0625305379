"""The user's own VOC and YOLO files come back with additions, and without what is not so."""

from xml.etree import ElementTree

import yaml

from components.exports.label_export import OwnAnnotations
from tests.components.exports.round_trip import (
    known,
    make_export,
    make_images,
    read_again,
    written,
)

VOC = """<annotation><folder>old</folder><filename>a.jpg</filename>
<object><name>cat</name><truncated>1</truncated><bndbox><xmin>3</xmin></bndbox></object>
<object><name>dog</name><bndbox><xmin>5</xmin></bndbox></object>
<object><name>cow</name><difficult>1</difficult><bndbox><xmin>7</xmin></bndbox></object>
<object><name>not used</name><bndbox><xmin>9</xmin></bndbox></object></annotation>"""


def test_voc_keeps_boxes_of_what_is_present_and_difficult_ones_of_what_is_unknown(tmp_path):
    own = tmp_path / "own" / "deep"
    own.mkdir(parents=True)
    (own / "a.xml").write_text(VOC)
    export = make_export(
        ["sub/a.jpg"],
        ["cat", "dog", "cow", "bird", "fox"],
        [[1, -1, 0, 1, -1]],
        OwnAnnotations(paths=(tmp_path / "own",)),
    )
    written(export, "voc", tmp_path / "out")
    text = (tmp_path / "out" / "Annotations" / "sub" / "a.xml").read_text()
    made = ElementTree.fromstring(text)  # noqa: S314 - written a line above
    boxes = {box.findtext("name"): box for box in made.iterfind("object")}
    assert list(boxes) == ["cat", "cow", "not used", "bird"]
    assert (made.findtext("folder"), boxes["cat"].findtext("truncated")) == ("old", "1")
    assert boxes["cat"].findtext("bndbox/xmin") == "3"
    assert boxes["bird"].findtext("bndbox/xmax") == "40"
    assert [absent.text for absent in made.iterfind("absent")] == ["dog", "fox"]

    make_images(tmp_path / "photos", ["sub/a.jpg"])
    again = read_again(tmp_path, "voc", "out/Annotations")
    assert again == {**known(export), ("sub/a.jpg", "not used"): 1}


def test_yolo_keeps_its_numbers_and_the_lines_of_what_is_present(tmp_path):
    (tmp_path / "own").mkdir()
    lines = ["1 0.1 0.1 0.2 0.2", "3 0.5 0.5 0.1 0.1", "0 0.3 0.3 0.1 0.1", "1 0.7 0.7 0.1 0.1"]
    (tmp_path / "own" / "a.txt").write_text("\n".join(lines))
    export = make_export(
        ["a.jpg"],
        ["cat", "dog", "new"],
        [[1, -1, 1]],
        OwnAnnotations(paths=(tmp_path / "own",), names=("dog", "cat", "", "not used")),
    )
    written(export, "yolo", tmp_path / "out")
    made = (tmp_path / "out" / "labels" / "a.txt").read_text().splitlines()
    assert made == [lines[0], lines[1], lines[3], "4 0.5 0.5 1 1"]
    names = yaml.safe_load((tmp_path / "out" / "data.yaml").read_text())["names"]
    assert names == {0: "dog", 1: "cat", 2: "", 3: "not used", 4: "new"}

    make_images(tmp_path / "photos", ["a.jpg"])
    again = read_again(tmp_path, "yolo", "out/labels")
    assert again == {**known(export), ("a.jpg", "not used"): 1}


def test_the_settings_count_more_than_what_a_file_says(tmp_path):
    export = make_export(["a.jpg"], ["cat", "dog"], [[1, 0]])
    make_images(tmp_path / "photos", ["a.jpg"])
    for name in ("voc", "yolo"):
        told = written(export, name, tmp_path / name)
        place = f"{name}/{told.annotations}"
        if name == "yolo":
            assert read_again(tmp_path, name, place, exhaustive=True) == {
                ("a.jpg", "cat"): 1,
                ("a.jpg", "dog"): -1,
            }
        assert read_again(tmp_path, name, place) == {("a.jpg", "cat"): 1}
