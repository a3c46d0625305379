from pathlib import Path

import pytest

from components.errors import ArtefactError, InputError
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
