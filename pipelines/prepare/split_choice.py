"""Chooses the split of each example: as the source says, else by content."""

from collections.abc import Sequence

from components.data.examples import Split
from components.data.splits import assign_splits
from project.settings.source import SplitSettings


def choose_splits(
    given: Sequence[Split | None], content_hashes: Sequence[str], settings: SplitSettings
) -> tuple[list[Split], list[str]]:
    """One split an example, and notes for the report.

    What the source assigns is kept. Where it assigns examples to ``train`` but
    none to ``val`` or ``test``, that split is cut from its ``train`` by hash,
    since nothing could be measured without it; nothing else is ever moved.
    """
    by_content = assign_splits(
        content_hashes, val_share=settings.val, test_share=settings.test, salt=settings.salt
    )
    assigned = {split for split in given if split is not None}
    shares: dict[Split, float] = {"val": settings.val, "test": settings.test}
    lacking = [
        split for split, share in shares.items() if assigned and split not in assigned and share > 0
    ]
    splits: list[Split] = []
    for said, drawn in zip(given, by_content, strict=True):
        cut = said == "train" and drawn in lacking
        splits.append(drawn if said is None or cut else said)
    notes = [
        f"The source assigns no example to {split}; a part of its train was taken by hash."
        for split in lacking
        if "train" in assigned
    ]
    return splits, notes
