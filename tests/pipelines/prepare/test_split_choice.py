import pytest

from components.data.examples import Split
from pipelines.prepare.split_choice import choose_splits
from project.settings.source import SplitSettings


def test_given_splits_are_kept() -> None:
    hashes = [str(number) for number in range(400)]
    settings = SplitSettings(val=0.2, test=0.2)
    said = ("train", "val", "test", None)
    given: list[Split | None] = [said[number % 4] for number in range(400)]
    splits, notes = choose_splits(given, hashes, settings)
    assert all(own in (None, chosen) for own, chosen in zip(given, splits, strict=True))
    assert notes == []


def test_a_source_without_test_gives_up_a_part_of_its_train() -> None:
    hashes = [str(number) for number in range(400)]
    given: list[Split] = ["val" if number % 2 else "train" for number in range(400)]
    splits, notes = choose_splits(given, hashes, SplitSettings(val=0.2, test=0.2))
    moved = {(said, chosen) for said, chosen in zip(given, splits, strict=True) if said != chosen}
    assert moved == {("train", "test")}
    assert splits.count("test") == pytest.approx(40, abs=20)
    assert "no example to test" in notes[0]
