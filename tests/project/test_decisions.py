"""Decisions of people: which files are taken, which are refused, and what is kept."""

import pytest

from components.data.examples import Example
from components.errors import InputError
from components.labels.tables import read_labels
from components.labels.vocabulary import Vocabulary
from project.decisions import Decision, merged, read_decisions
from project.layout import Layout
from project.reviewed import read_reviewed, write_reviewed

VOCABULARY = Vocabulary(("cat", "dog", "red, house"))
EXAMPLES = [
    Example(id="17", path="../photos/a.jpg", content_hash="1", split="train"),
    Example(id="sub/b.jpg", path="../photos/sub/b.jpg", content_hash="2", split="train"),
]


def read(path, text: str, encoding: str = "utf-8"):
    path = path / "decisions.csv"
    path.write_bytes(text.encode(encoding))
    return read_decisions(path, EXAMPLES, "../photos", VOCABULARY)


def test_images_are_found_by_place_by_path_and_by_id(tmp_path):
    text = "image,label,state\na.jpg,cat,present\n../photos/sub/b.jpg,dog,-1\n17,dog,0\n"
    found = read(tmp_path, text)
    assert {cell: each.state for cell, each in found.cells.items()} == {
        ("17", "cat"): 1,
        ("sub/b.jpg", "dog"): -1,
        ("17", "dog"): 0,
    }


def test_a_spreadsheet_of_another_system_is_read(tmp_path):
    text = (
        '\ufeffImage,Label,State,Note\r\nsub\\b.jpg,"red, house",PRESENT,"a ""big"" one"\r\n,,,\r\n'
    )
    [(cell, decision)] = read(tmp_path, text).cells.items()
    assert cell == ("sub/b.jpg", "red, house")
    assert decision == Decision(1, note='a "big" one')


def test_an_empty_state_is_no_decision(tmp_path):
    found = read(tmp_path, "image,label,state\na.jpg,cat,\na.jpg,dog,absent\n")
    assert list(found.cells) == [("17", "dog")]
    assert found.num_undecided == 1


def test_every_fault_is_told_with_its_line_and_what_was_meant(tmp_path):
    text = (
        "image,label,state,date\na.jgp,cat,present,\na.jpg,cst,present,\na.jpg,cat,yes,\n"
        "a.jpg,cat,present,31.1.2026\n"
    )
    with pytest.raises(InputError) as told:
        read(tmp_path, text)
    assert str(told.value).split("\n  ")[1:] == [
        "line 2: there is no image 'a.jgp' in the project; did you mean 'a.jpg'?",
        "line 3: 'cst' is not one of the 3 labels; did you mean 'cat'?",
        "line 4: 'yes' is no state; write present, absent or unknown (or 1, -1, 0), or leave it "
        "empty",
        "line 5: '31.1.2026' is no date; write it as 2026-01-31",
    ]


def test_rows_that_contradict_each_other_are_refused(tmp_path):
    with pytest.raises(InputError, match=r"line 3: .* is absent here, and not in line 2"):
        read(tmp_path, "image,label,state\na.jpg,cat,present\n17,cat,absent\n")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("image,label\na,b\n", "lacks the column 'state'"),
        ("image;label;state\na;b;c\n", "separated by semicolons"),
        ("image,label,state\na.jpg,red, house,1\n", "line 2 has 4 fields"),
        ('image,label,state\n"a.jpg,cat,1\n', "Nothing was imported"),
        ("image,label,state,origin\na.jpg,cat,1,observed\n", "to_decide.csv"),
        ("image,image,label,state\na,a,cat,1\n", "twice"),
        ("", "lacks the column 'image'"),
    ],
)
def test_a_file_of_another_form_is_refused(tmp_path, text, told):
    with pytest.raises(InputError, match=told):
        read(tmp_path, text)


def test_a_file_that_is_not_utf8_is_refused(tmp_path):
    with pytest.raises(InputError, match="not UTF-8"):
        read(tmp_path, "image,label,state\nä,cat,1\n", "latin1")


def test_the_last_import_counts_and_the_same_again_changes_nothing(tmp_path):
    layout = Layout(tmp_path)
    cell = ("17", "cat")
    first = merged(read_reviewed(layout), {cell: Decision(1, "ann", "2026-01-31", "sure")})
    assert (first.num_new, first.num_changed, first.num_same) == (1, 0, 0)
    write_reviewed(layout, first.table)
    before = layout.reviewed_labels.read_bytes()

    again = merged(read_reviewed(layout), {cell: Decision(1, "bob")})
    assert (again.num_new, again.num_changed, again.num_same) == (0, 0, 1)
    write_reviewed(layout, again.table)
    assert layout.reviewed_labels.read_bytes() == before

    changed = merged(read_reviewed(layout), {cell: Decision(-1, "bob"), ("17", "dog"): Decision(0)})
    assert (changed.num_new, changed.num_changed, changed.num_same) == (1, 1, 0)
    write_reviewed(layout, changed.table)
    assert [(row["state"], row["reviewer"]) for row in read_reviewed(layout).to_pylist()] == [
        (-1, "bob"),
        (0, None),
    ]
    # What prepare reads is the same file, without who and when.
    assert read_labels(layout.reviewed_labels).column_names == [
        "example_id",
        "label",
        "state",
        "provenance",
    ]
