"""The test split that every version is compared on."""

from collections.abc import Sequence

from blake3 import blake3

from components.data.examples import Example


def frozen_photos(examples: Sequence[Example]) -> list[Example]:
    """The photographs of the test split, by id."""
    chosen = [row for row in examples if row.split == "test" and row.modality == "photo"]
    return sorted(chosen, key=lambda row: row.id)


def split_hash(examples: Sequence[Example]) -> str:
    """Sixteen hex digits that change with any picture of the test split.

    Labels do not enter: a comparison measures both sides on the labels of today.
    """
    lines = [f"{row.id}\t{row.content_hash}" for row in frozen_photos(examples)]
    return blake3("\n".join(lines).encode()).hexdigest()[:16]
