"""The training list that published splits and masks are drawn from.

Both are drawn from the whole list as the source gives it, pictures that cannot
be opened included: a lost picture then changes nothing but its own row.
"""

from collections.abc import Sequence
from dataclasses import replace

from components.errors import InputError
from components.labels.protocols import Few, parse_protocol
from components.labels.published_masks import cap_labelled_rows, cole_split
from pipelines.prepare.sources.records import SourceRecord
from project.settings import Settings


def training_list(records: Sequence[SourceRecord]) -> list[SourceRecord]:
    """The photographs that the source assigns to train; all, if it assigns none anywhere."""
    photos = [record for record in records if record.modality == "photo"]
    if all(record.split is None for record in photos):
        return photos
    return [record for record in photos if record.split == "train"]


def with_hold_out(records: Sequence[SourceRecord], settings: Settings) -> list[SourceRecord]:
    """The records, with a part of the training list moved to val by ``splits.rule``.

    Raises:
        InputError: If the source has a hold-out already, names no training list,
            or the rule does not go with the protocol that hides labels.
    """
    if settings.splits.rule == "content":
        return list(records)
    if not any(record.split == "train" for record in records):
        raise InputError(
            f"splits.rule {settings.splits.rule} takes the hold-out from the source's own training "
            "list, and the source assigns no image to train; use splits.rule: content."
        )
    if any(record.split == "val" for record in records):
        raise InputError(
            f"The source has a val split of its own, so splits.rule {settings.splits.rule} would "
            "make a second one; use splits.rule: content, which keeps it."
        )
    drawn = training_list(records)
    chosen = {drawn[row].id for row in _rows_held_out(len(drawn), settings)}
    return [replace(record, split="val") if record.id in chosen else record for record in records]


def _rows_held_out(num_drawn: int, settings: Settings) -> list[int]:
    splits = settings.splits
    if splits.rule == "cole":
        _, held_out = cole_split(num_drawn, val_share=splits.val, seed=splits.seed)
        return held_out.tolist()
    protocol = parse_protocol(settings.hide.protocol) if settings.hide else None
    if settings.hide is None or not isinstance(protocol, Few) or protocol.released is None:
        raise InputError(
            "splits.rule labelled takes the hold-out from the images that few:SHARE@cap leaves "
            "labelled; set hide.protocol to that, or splits.rule to content or cole."
        )
    labelled = cap_labelled_rows(num_drawn, share=protocol.share, seed=settings.hide.seed)
    num_val = max(1, round(splits.val * len(labelled)))
    if num_val >= len(labelled):
        raise InputError(
            f"{protocol} leaves {len(labelled)} labelled image(s), too few to hold some out."
        )
    return labelled[-num_val:].tolist()
