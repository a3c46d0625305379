"""Assigns examples to splits by hash, so that a growing set never reshuffles; freezes one."""

from collections.abc import Iterable, Sequence

from blake3 import blake3

from components.data.examples import Example, Split
from components.errors import InputError


def assign_splits(
    keys: Iterable[str], *, val_share: float, test_share: float, salt: str
) -> list[Split]:
    """The split of each key, in the order given; it depends on nothing but the other arguments.

    Use content hashes as keys: equal files then always share a split.

    Args:
        keys: What is hashed.
        val_share: Expected share of ``val``, in [0, 1).
        test_share: Expected share of ``test``, in [0, 1).
        salt: Another salt gives another, independent assignment.

    Raises:
        InputError: If a share is out of range or nothing is left for ``train``.
    """
    if not (val_share >= 0 and test_share >= 0 and val_share + test_share < 1):
        raise InputError(
            "The shares of val and test must not be negative and must stay below 1 together; "
            f"got val {val_share:g} and test {test_share:g}."
        )
    # Test is cut off first: changing the share of val never moves a test example.
    test_below = test_share
    val_below = test_share + val_share
    splits: list[Split] = []
    for key in keys:
        place = unit_interval(salt, key)
        splits.append("test" if place < test_below else "val" if place < val_below else "train")
    return splits


def unit_interval(salt: str, key: str) -> float:
    """A number in [0, 1) that looks random but is a function of its arguments."""
    digest = blake3(f"{len(salt)}:{salt}{key}".encode()).digest(8)
    # 53 bits: all that a float holds, so the result can never round up to 1.
    return (int.from_bytes(digest, "little") >> 11) / (1 << 53)


def frozen_photos(examples: Sequence[Example]) -> list[Example]:
    """The photographs of the test split, by id: what every version is compared on."""
    chosen = [row for row in examples if row.split == "test" and row.modality == "photo"]
    return sorted(chosen, key=lambda row: row.id)


def split_hash(examples: Sequence[Example]) -> str:
    """Sixteen hex digits that change with any picture of the test split.

    Labels do not enter: a comparison measures both sides on the labels of today.
    """
    lines = [f"{row.id}\t{row.content_hash}" for row in frozen_photos(examples)]
    return blake3("\n".join(lines).encode()).hexdigest()[:16]
