from dataclasses import replace

import pytest

from components.data.examples import Example, Modality, Split
from components.data.splits import (
    assign_splits,
    frozen_photos,
    split_hash,
    unit_interval,
)
from components.errors import InputError

SHARES = {"val_share": 0.15, "test_share": 0.2, "salt": "efuda"}


def test_shares_are_met() -> None:
    splits = assign_splits((str(number) for number in range(20_000)), **SHARES)
    assert splits.count("val") / 20_000 == pytest.approx(0.15, abs=0.01)
    assert splits.count("test") / 20_000 == pytest.approx(0.2, abs=0.01)


def test_growth_moves_nothing() -> None:
    keys = [str(number) for number in range(200)]
    small, large = assign_splits(keys[:50], **SHARES), assign_splits(keys, **SHARES)
    assert large[:50] == small
    assert assign_splits([keys[7]], **SHARES) == [small[7]]


def test_the_share_of_val_never_moves_test() -> None:
    keys = [str(number) for number in range(500)]
    wide = assign_splits(keys, val_share=0.4, test_share=0.2, salt="efuda")
    narrow = assign_splits(keys, val_share=0.0, test_share=0.2, salt="efuda")
    assert [split == "test" for split in wide] == [split == "test" for split in narrow]
    assert "val" not in narrow


def test_another_salt_is_another_assignment() -> None:
    assert unit_interval("a", "key") != unit_interval("b", "key")
    assert unit_interval("a", "bc") != unit_interval("ab", "c")


@pytest.mark.parametrize("shares", [(0.5, 0.5), (-0.1, 0.2), (float("nan"), 0.1)])
def test_shares_out_of_range(shares: tuple[float, float]) -> None:
    with pytest.raises(InputError, match="below 1"):
        assign_splits(["key"], val_share=shares[0], test_share=shares[1], salt="")


def test_the_hash_of_the_test_split_sees_its_pictures_alone() -> None:
    kinds: list[tuple[str, Split, Modality]] = [
        ("b", "test", "photo"),
        ("a", "test", "photo"),
        ("s", "test", "sketch"),
        ("t", "train", "photo"),
    ]
    examples = [
        Example(id=name, path=name, content_hash=f"hash of {name}", split=split, modality=kind)
        for name, split, kind in kinds
    ]
    assert [row.id for row in frozen_photos(examples)] == ["a", "b"]
    now = split_hash(examples)
    assert len(now) == 16
    assert split_hash(examples[::-1]) == now
    assert split_hash([*examples[:3], replace(examples[3], content_hash="new")]) == now
    assert split_hash([replace(examples[0], content_hash="new"), *examples[1:]]) != now
