import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from components.labels.matrix import LabelMatrix
from pipelines.prepare.sources import coco
from project.settings.source import SourceSettings
from tests.pipelines.prepare.sources.written import (
    cells,
    present,
    read,
    read_back,
    reasons,
    write_coco,
)


def write_labels(path: Path, labels: LabelMatrix, ids: Sequence[int]) -> None:
    names = labels.vocabulary.names
    images = [
        {"id": number, "file_name": image}
        for number, image in zip(ids, labels.example_ids, strict=True)
    ]
    # Category ids have gaps, as the real ones have; two boxes count once.
    annotations = [
        {"id": 1, "image_id": number, "category_id": 10 * names.index(name), "bbox": [0, 0, 1, 1]}
        for row, number in enumerate(ids)
        for name in present(labels, row) * 2
    ]
    categories = [{"id": 10 * column, "name": name} for column, name in enumerate(names)]
    content = {"images": images, "annotations": annotations, "categories": categories}
    path.write_text(json.dumps(content), encoding="utf-8")


def test_coco(project: Path, truth: LabelMatrix) -> None:
    ids = (7, 300, 5, 12)
    write_labels(project / "instances.json", truth, ids)
    by_id = LabelMatrix(tuple(map(str, ids)), truth.vocabulary, truth.states)
    read = read_back(project, by_id, kind="coco", annotations="instances.json")
    assert np.array_equal(read.states, truth.states)


def test_coco_that_is_not_exhaustive(project: Path, truth: LabelMatrix) -> None:
    write_labels(project / "instances.json", truth, (1, 2, 3, 4))
    by_id = LabelMatrix(("1", "2", "3", "4"), truth.vocabulary, truth.states)
    read = read_back(project, by_id, kind="coco", annotations="instances.json", exhaustive=False)
    assert np.array_equal(read.states, np.maximum(truth.states, 0))


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


def test_coco_categories_without_name(project: Path) -> None:
    categories = [{"id": 1, "name": "cat"}, {"id": 2, "name": " "}, {"name": "dog"}]
    write_coco(project, categories=categories)
    source = read(project, "coco", "coco.json")
    assert source.label_names == ("cat",)
    assert reasons(source) == ["bad_row", "empty_label"]


def test_an_image_that_lists_its_absent_categories_says_nothing_by_silence(tmp_path):
    content = {
        "images": [
            {"id": 1, "file_name": "a.jpg", "neg_category_ids": [8]},
            {"id": 2, "file_name": "b.jpg"},
        ],
        "categories": [
            {"id": 7, "name": "cat"},
            {"id": 8, "name": "dog"},
            {"id": 9, "name": "cow"},
        ],
        "annotations": [{"id": 1, "image_id": image, "category_id": 7} for image in (1, 2)],
    }
    (tmp_path / "photos").mkdir()
    (tmp_path / "lvis.json").write_text(json.dumps(content))
    read = coco.read(
        SourceSettings(kind="coco", images="photos", annotations="lvis.json"), tmp_path
    )
    listed, silent = read.records
    assert (listed.cells, listed.rest) == ({"dog": -1, "cat": 1}, 0)
    assert (silent.cells, silent.rest) == ({"cat": 1}, -1)
