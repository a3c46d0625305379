import json
import os
from pathlib import Path

import pytest

from components.errors import InputError
from tests.pipelines.prepare.sources.written import read, reasons, write_coco


def test_labels_outside_the_vocabulary(project: Path) -> None:
    write_coco(project)
    source = read(project, "coco", "coco.json", vocabulary=("dog", "sunset"))
    assert source.label_names == ("dog", "sunset")
    assert reasons(source) == ["unknown_label"]
    # The annotators looked for dogs, not for sunsets.
    assert source.declared == {"cat", "dog"}


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
