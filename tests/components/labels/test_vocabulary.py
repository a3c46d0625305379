from pathlib import Path

import pytest

from components.atomic import read_json
from components.errors import ArtefactError, InputError
from components.labels.meaning import Meaning
from components.labels.vocabulary import Vocabulary


def test_it_comes_back_from_disk_with_columns_and_hash(tmp_path: Path) -> None:
    labels = Vocabulary(("cat", "dog", "Käse"))
    labels.save(tmp_path / "vocabulary.json")
    loaded = Vocabulary.load(tmp_path / "vocabulary.json")
    assert loaded == labels
    assert loaded.hash == labels.hash
    assert [loaded.index(name) for name in labels.names] == [0, 1, 2]


def test_order_and_names_change_the_hash() -> None:
    hashes = {Vocabulary(names).hash for names in (("a", "b"), ("b", "a"), ("a", "b", "c"))}
    assert len(hashes) == 3


@pytest.mark.parametrize(
    ("names", "said"),
    [((), "at least one"), (("cat", " "), "Label 1"), (("cat", "cat"), "columns 0 and 1")],
)
def test_names_that_cannot_be_columns_are_refused(names: tuple[str, ...], said: str) -> None:
    with pytest.raises(InputError, match=said):
        Vocabulary(names)


def test_a_name_that_it_lacks_is_named() -> None:
    with pytest.raises(InputError, match="'cow' is not one of the 2 labels"):
        Vocabulary(("cat", "dog")).index("cow")


def test_a_file_of_another_schema_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "vocabulary.json"
    path.write_text('{"schema_version": 0, "names": ["cat"]}')
    with pytest.raises(ArtefactError, match="schema version 1"):
        Vocabulary.load(path)


def test_meanings_survive_the_file_and_names_alone_are_written_as_ever(tmp_path):
    said = {"sparrow": Meaning(synonyms=("house sparrow",), display="Spatz", parents=("bird",))}
    vocabulary = Vocabulary(("sparrow", "bird"), said)
    vocabulary.save(tmp_path / "v.json")
    read = Vocabulary.load(tmp_path / "v.json")
    assert read.meanings == said
    assert read.displays == {"sparrow": "Spatz"}
    assert (read.display("bird"), read.hierarchy.pairs) == ("bird", ((0, 1),))
    assert vocabulary == Vocabulary(("sparrow", "bird"))
    assert vocabulary.hash == Vocabulary(("sparrow", "bird")).hash
    Vocabulary(("sparrow",)).save(tmp_path / "plain.json")
    assert set(read_json(tmp_path / "plain.json")) == {"schema_version", "names"}


def test_a_meaning_of_no_label_and_an_unknown_parent_are_refused():
    with pytest.raises(
        InputError, match=r"'brid' is not one of the 1 labels\. Did you mean 'bird'"
    ):
        Vocabulary(("bird",), {"brid": Meaning(display="Vogel")})
    with pytest.raises(InputError, match="which is not one of the 1 labels"):
        Vocabulary(("bird",), {"bird": Meaning(parents=("animal",))})
