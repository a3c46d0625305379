from pathlib import Path
from typing import Any

import pytest

from components.errors import InputError
from components.labels.spelling import same_but_for_spelling
from components.labels.vocabulary import Vocabulary
from pipelines.prepare.sources.records import SourceRecords, label_matrix
from tests.pipelines.prepare.sources.written import cells, read, reasons, write_coco

TAGS = "image,tags\na.jpg,Food\nb.png,food| Teddy bear\nd.jpg,food|teddy_bear\n"


def tagged(project: Path, **settings: Any) -> SourceRecords:
    (project / "l.csv").write_text(TAGS)
    return read(project, "csv", "l.csv", **settings)


def test_spellings_of_one_label_are_asked_for(project: Path) -> None:
    with pytest.raises(InputError) as fault:
        tagged(project)
    told = str(fault.value)
    assert "'Food' (present in 1 images), 'food' (present in 2 images)" in told
    assert "'Teddy bear' (present in 1 images), 'teddy_bear' (present in 1 images)" in told
    assert "merge_spellings: true" in told


def test_merged_spellings_take_the_most_frequent_and_say_so(project: Path) -> None:
    source = tagged(project, merge_spellings=True)
    assert source.label_names == ("food", "Teddy bear")
    assert cells(source)["a.jpg"] == {"food": 1}
    assert cells(source)["d.jpg"] == {"food": 1, "Teddy bear": 1}
    assert "'Food' was counted as 'food' (source.merge_spellings)." in source.notes


def test_spellings_may_be_kept_apart(project: Path) -> None:
    source = tagged(project, merge_spellings=False)
    assert set(source.label_names) == {"Food", "food", "Teddy bear", "teddy_bear"}


def test_the_vocabulary_chooses_the_spelling(project: Path) -> None:
    apart = tagged(project, vocabulary=["Food", "Teddy bear"])
    details = [fault.detail for fault in apart.faults]
    assert any(
        "'food' is not in the vocabulary" in each and "'Food' is, and" in each for each in details
    )
    source = tagged(project, vocabulary=["Food", "Teddy bear"], merge_spellings=True)
    assert source.label_names == ("Food", "Teddy bear")
    assert cells(source)["b.png"] == {"Food": 1, "Teddy bear": 1}
    assert not source.faults


def test_spellings_that_contradict_leave_the_cell_unknown(project: Path) -> None:
    (project / "l.csv").write_text("image,Food,food\na.jpg,1,-1\nb.png,1,0\nd.jpg,0,-1\n")
    source = read(project, "csv", "l.csv", merge_spellings=True, include_unlisted=False)
    assert reasons(source) == ["conflicting_label"]
    assert cells(source) == {"a.jpg": {"Food": 0}, "b.png": {"Food": 1}, "d.jpg": {"Food": -1}}


def test_merged_categories_stay_declared(project: Path) -> None:
    """What is not annotated is absent, under the one name that is left."""
    write_coco(project, categories=[{"id": 1, "name": "Cat"}, {"id": 2, "name": "cat"}])
    source = read(project, "coco", "coco.json", merge_spellings=True, include_unlisted=False)
    states = label_matrix(source.records, Vocabulary(source.label_names), source.declared).states
    assert source.label_names == ("Cat",)
    assert states.tolist() == [[1], [-1]]


def test_groups_of_names():
    assert same_but_for_spelling(["Food", "food", " food", "dog", "T-shirt", "t shirt"]) == [
        ["Food", "food", " food"],
        ["T-shirt", "t shirt"],
    ]
