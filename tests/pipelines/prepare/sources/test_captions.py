import json
from pathlib import Path

import pytest

from components.errors import InputError
from tests.pipelines.prepare.sources.written import cells, read, reasons, write_coco


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
