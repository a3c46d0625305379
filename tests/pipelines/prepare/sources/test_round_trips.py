"""What is known is written in each format, read back, and must be the same."""

import csv
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from components.labels.matrix import LabelMatrix
from components.labels.vocabulary import Vocabulary
from pipelines.prepare.sources.catalog import read_source
from pipelines.prepare.sources.records import label_matrix
from project.settings.source import SourceSettings

Rows = list[dict[str, object]]


def read_back(project: Path, labels: LabelMatrix, **settings: object) -> LabelMatrix:
    source = read_source(SourceSettings(images="images", **settings), project)
    assert not source.faults
    vocabulary = Vocabulary(source.label_names)
    assert vocabulary.names == labels.vocabulary.names
    return label_matrix(source.records, vocabulary, source.declared).select(labels.example_ids)


def present(labels: LabelMatrix, row: int) -> list[str]:
    return [labels.vocabulary.names[column] for column in np.flatnonzero(labels.present[row])]


def wide_rows(labels: LabelMatrix, words: dict[int, object]) -> Rows:
    return [
        {"image": image}
        | {name: words[int(s)] for name, s in zip(labels.vocabulary.names, states, strict=True)}
        for image, states in zip(labels.example_ids, labels.states, strict=True)
    ]


def cell_rows(labels: LabelMatrix, words: dict[int, object]) -> Rows:
    return [
        {"image": row["image"], "label": name, "state": row[name]}
        for row in wide_rows(labels, words)
        for name in labels.vocabulary.names
    ]


def write_csv(path: Path, rows: Rows) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(
            file, list(rows[0]), delimiter="\t" if path.suffix == ".tsv" else ","
        )
        writer.writeheader()
        writer.writerows(rows)


def write_coco(path: Path, labels: LabelMatrix, ids: Sequence[int]) -> None:
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
    write_coco(project / "instances.json", truth, ids)
    by_id = LabelMatrix(tuple(map(str, ids)), truth.vocabulary, truth.states)
    read = read_back(project, by_id, kind="coco", annotations="instances.json")
    assert np.array_equal(read.states, truth.states)


def test_coco_that_is_not_exhaustive(project: Path, truth: LabelMatrix) -> None:
    write_coco(project / "instances.json", truth, (1, 2, 3, 4))
    by_id = LabelMatrix(("1", "2", "3", "4"), truth.vocabulary, truth.states)
    read = read_back(project, by_id, kind="coco", annotations="instances.json", exhaustive=False)
    assert np.array_equal(read.states, np.maximum(truth.states, 0))


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


@pytest.mark.parametrize("names", ["list", "mapping", "text"])
def test_yolo(project: Path, truth: LabelMatrix, names: str) -> None:
    for row, image in enumerate(truth.example_ids):
        path = (project / "labels" / image).with_suffix(".txt")
        path.parent.mkdir(parents=True, exist_ok=True)
        columns = np.flatnonzero(truth.present[row])
        path.write_text("".join(f"{column} 0.5 0.5 0.1 0.1\n" for column in columns))
    all_names = truth.vocabulary.names
    listed = {"list": list(all_names), "mapping": dict(enumerate(all_names))}
    if names == "text":
        (project / "labels" / "classes.txt").write_text("\n".join(all_names))
    else:
        (project / "data.yaml").write_text(f"names: {json.dumps(listed[names])}".replace('"', ""))
    read = read_back(project, truth, kind="yolo", annotations="labels")
    assert np.array_equal(read.states, truth.states)


ENCODINGS = [
    ("canonical", {1: 1, -1: -1, 0: 0}),
    ("canonical", {1: "present", -1: "absent", 0: ""}),
    ("zero-absent", {1: 1, -1: 0, 0: -1}),
    ({"yes": "present", "no": "absent", "?": "unknown"}, {1: "Yes", -1: "no", 0: "?"}),
    ({2: "present", 1: "absent", 0: "unknown"}, {1: 2, -1: 1, 0: 0}),
]


@pytest.mark.parametrize(("encoding", "words"), ENCODINGS)
@pytest.mark.parametrize("rows_of", [wide_rows, cell_rows])
@pytest.mark.parametrize("suffix", ["csv", "tsv"])
def test_csv(
    project: Path,
    partial_truth: LabelMatrix,
    encoding: object,
    words: dict[int, object],
    rows_of: object,
    suffix: str,
) -> None:
    name = f"labels.{suffix}"
    write_csv(project / name, rows_of(partial_truth, words))
    read = read_back(project, partial_truth, kind="csv", annotations=name, encoding=encoding)
    assert np.array_equal(read.states, partial_truth.states)


@pytest.mark.parametrize("rows_of", [wide_rows, cell_rows])
@pytest.mark.parametrize("words", [{1: 1, -1: -1, 0: None}, {1: 1.0, -1: -1.0, 0: float("nan")}])
def test_parquet(
    project: Path, partial_truth: LabelMatrix, rows_of: object, words: dict[int, object]
) -> None:
    table = pa.Table.from_pylist(rows_of(partial_truth, words))
    pq.write_table(table, project / "labels.parquet")
    read = read_back(project, partial_truth, kind="parquet", annotations="labels.parquet")
    assert np.array_equal(read.states, partial_truth.states)


def test_lists_of_labels(project: Path, truth: LabelMatrix) -> None:
    rows: Rows = [
        {"file": image, "seen": ";".join(present(truth, row))}
        for row, image in enumerate(truth.example_ids)
    ]
    write_csv(project / "labels.csv", rows)
    columns = {"image": "file", "labels": "seen"}
    options = {"kind": "csv", "annotations": "labels.csv", "separator": ";", "columns": columns}
    positives = np.maximum(truth.states, 0)
    assert np.array_equal(read_back(project, truth, **options).states, positives)
    whole = read_back(project, truth, **options, exhaustive=True)
    assert np.array_equal(whole.states, truth.states)


def test_jsonl(project: Path, partial_truth: LabelMatrix) -> None:
    names = partial_truth.vocabulary.names
    lines = [
        json.dumps(
            {
                "image": image,
                "caption": f"Bild {row} – größer",
                "labels": dict(zip(names, states.tolist(), strict=True)),
            },
            ensure_ascii=False,
        )
        for row, (image, states) in enumerate(
            zip(partial_truth.example_ids, partial_truth.states, strict=True)
        )
    ]
    (project / "rows.jsonl").write_text("\n".join(lines), encoding="utf-8")
    read = read_back(project, partial_truth, kind="jsonl", annotations="rows.jsonl")
    assert np.array_equal(read.states, partial_truth.states)
    source = read_source(
        SourceSettings(kind="jsonl", images="images", annotations="rows.jsonl"), project
    )
    assert source.records[1].captions == ("Bild 1 – größer",)


def test_words_that_yaml_swallows() -> None:
    with pytest.raises(ValueError, match="quotes"):
        SourceSettings(kind="csv", images="images", encoding={True: "present"})
