import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from components.errors import InputError
from components.labels.matrix import LabelMatrix
from tests.pipelines.prepare.sources.written import cells, present, read, read_back, reasons

Rows = list[dict[str, object]]
RowsOf = Callable[[LabelMatrix, dict[int, object]], Rows]


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
    rows_of: RowsOf,
    suffix: str,
) -> None:
    name = f"labels.{suffix}"
    write_csv(project / name, rows_of(partial_truth, words))
    read = read_back(project, partial_truth, kind="csv", annotations=name, encoding=encoding)
    assert np.array_equal(read.states, partial_truth.states)


@pytest.mark.parametrize("rows_of", [wide_rows, cell_rows])
@pytest.mark.parametrize("words", [{1: 1, -1: -1, 0: None}, {1: 1.0, -1: -1.0, 0: float("nan")}])
def test_parquet(
    project: Path, partial_truth: LabelMatrix, rows_of: RowsOf, words: dict[int, object]
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
