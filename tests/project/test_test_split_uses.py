from pathlib import Path

import pytest

from components.atomic import write_json, write_text
from components.errors import ArtefactError
from project.layout import Layout
from project.test_split_uses import times_decided, uses_sentence


def write_record(layout: Layout, number: int, split: str, comparison: object) -> None:
    record = {"split_hash": split, "comparison": comparison}
    write_json(layout.decisions / f"{number}-version-1-promoted.json", record)


def test_comparisons_on_the_same_split_are_counted_and_nothing_else(tmp_path: Path):
    layout = Layout(tmp_path)
    assert times_decided(layout, "a") == 0
    for number, (split, comparison) in enumerate([("a", {}), ("a", None), ("b", {}), ("a", {})]):
        write_record(layout, number, split, comparison)
    assert times_decided(layout, "a") == 2
    assert times_decided(layout, "b") == 1


@pytest.mark.parametrize("content", ["[]", "{", "null"])
def test_a_damaged_record_is_named(tmp_path: Path, content: str):
    layout = Layout(tmp_path)
    write_text(layout.decisions / "old.json", content)
    with pytest.raises(ArtefactError, match=r"old\.json"):
        times_decided(layout, "a")


def test_the_sentence_counts():
    assert uses_sentence(0) == ""
    assert "decided once before" in uses_sentence(1)
    assert "decided 3 times before" in uses_sentence(3)
