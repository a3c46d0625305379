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
    source = read(project, "csv", "l.csv", columns={"labels": ["cat", "dog"]})
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


def test_a_column_of_other_values_is_asked_for(project: Path) -> None:
    (project / "l.csv").write_text(
        "Filename,date,rating,cat,dog\na.jpg,2024-05-01,1,1,0\nb.png,2024-05-02,4,0,-1\n"
    )
    with pytest.raises(InputError) as fault:
        read(project, "csv", "l.csv")
    told = str(fault.value)
    assert "only states: 'cat', 'dog'" in told
    assert "'date' (2 fields, such as '2024-05-01', '2024-05-02'; the first in line 2)" in told
    assert "'rating' (1 field, such as '4'; the first in line 3)" in told
    assert "columns: {labels: [cat, dog]}" in told
    # A rating is no state in words of its own: some of its values are states.
    assert "source.encoding" not in told.split("'date'")[0]
    source = read(project, "csv", "l.csv", columns={"labels": ["cat", "dog"]})
    assert cells(source)["a.jpg"] == {"cat": 1}
    assert source.label_names == ("cat", "dog")
    assert source.labels_from.endswith("left out: 'date', 'rating'")


def test_states_in_words_of_their_own_are_asked_for_with_the_columns(project: Path) -> None:
    (project / "l.csv").write_text("Foto,date,cat\na.jpg,monday,yes\nb.png,friday,no\n")
    with pytest.raises(InputError, match=r"columns: \{image: Foto\}"):
        read(project, "csv", "l.csv")
    with pytest.raises(InputError) as fault:
        read(project, "csv", "l.csv", columns={"image": "Foto"})
    assert "encoding: {monday: …, friday: …, 'yes': …, 'no': …}" in str(fault.value)
    # What was said of other columns is kept in the answer.
    assert "columns: {image: Foto, labels: [date, cat]}" in str(fault.value)
    source = read(
        project,
        "csv",
        "l.csv",
        columns={"image": "Foto", "labels": ["cat"]},
        encoding={"yes": "present", "no": "absent"},
    )
    assert cells(source)["b.png"] == {"cat": -1}


def test_listed_label_columns_are_checked(project: Path) -> None:
    (project / "l.csv").write_text("image,cat,labels\na.jpg,1,1\n")
    with pytest.raises(InputError, match=r"source\.columns\.labels names 'dog', but the columns"):
        read(project, "csv", "l.csv", columns={"labels": ["cat", "dog"]})
    with pytest.raises(InputError, match=r"'image', which has another role"):
        read(project, "csv", "l.csv", columns={"image": "image", "labels": ["cat", "image"]})
    source = read(project, "csv", "l.csv", columns={"labels": ["cat", "labels"]})
    assert cells(source)["a.jpg"] == {"cat": 1, "labels": 1}
    with pytest.raises(ValueError, match="image is one column"):
        read(project, "csv", "l.csv", columns={"image": ["cat", "image"]})


def test_states_in_the_column_of_names_are_noticed(project: Path) -> None:
    (project / "l.csv").write_text("image,labels\na.jpg,1\nb.png,0\n")
    with pytest.raises(InputError, match=r"holds states \('1', '0'\)") as fault:
        read(project, "csv", "l.csv")
    assert "columns: {labels: [labels]}" in str(fault.value)


PEOPLE = 'image,{column}\na.jpg,"people, food"\nb.png,food\nd.jpg,"people, sky"\n'


def test_another_separator_is_suggested(project: Path) -> None:
    (project / "l.csv").write_text(PEOPLE.format(column="tags"))
    with pytest.raises(InputError, match=r"line 2: 'people, food' would be one label") as fault:
        read(project, "csv", "l.csv")
    assert "separator: ','" in str(fault.value)
    apart = read(project, "csv", "l.csv", separator=",")
    assert apart.label_names == ("food", "people", "sky")
    assert apart.labels_from == "the names in the column 'tags', separated by ','"
    whole = read(project, "csv", "l.csv", separator=None)
    assert "people, food" in whole.label_names


def test_several_labels_in_a_table_of_one_row_a_cell_are_noticed(project: Path) -> None:
    (project / "l.csv").write_text(PEOPLE.format(column="label"))
    with pytest.raises(InputError, match=r"one label a row") as fault:
        read(project, "csv", "l.csv")
    assert "columns: {labels: label}\n  separator: ','" in str(fault.value)
    apart = read(project, "csv", "l.csv", separator=",", columns={"labels": "label"})
    assert apart.label_names == ("food", "people", "sky")


def test_commas_inside_names_stop_nothing(project: Path) -> None:
    """As in the names of ImageNet: no part is a name elsewhere."""
    (project / "l.csv").write_text('image,tags\na.jpg,"tench, Tinca tinca"\nb.png,"ray, skate"\n')
    assert read(project, "csv", "l.csv").label_names == ("ray, skate", "tench, Tinca tinca")


def test_captions_are_never_separated_at_commas(project: Path) -> None:
    (project / "l.csv").write_text('image,tags,caption\na.jpg,"a, b","One, two"\nb.png,a,\n')
    source = read(project, "csv", "l.csv", separator=",")
    assert source.records[0].captions == ("One, two",)


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_columns_separated_by_something_else(
    project: Path, partial_truth: LabelMatrix, delimiter: str
) -> None:
    write_csv(project / "l.csv", wide_rows(partial_truth, {1: 1, -1: -1, 0: 0}))
    text = (project / "l.csv").read_text().replace(",", delimiter)
    (project / "l.csv").write_text(text)
    found = read_back(project, partial_truth, kind="csv", annotations="l.csv")
    assert np.array_equal(found.states, partial_truth.states)
    assert any("are separated by" in note for note in read(project, "csv", "l.csv").notes)


def test_commas_in_the_fields_of_a_semicolon_file(project: Path) -> None:
    (project / "l.csv").write_text("image;tags\na.jpg;cat, dog\nb.png;dog\n")
    source = read(project, "csv", "l.csv", separator=",")
    assert cells(source)["a.jpg"] == {"cat": 1, "dog": 1}
