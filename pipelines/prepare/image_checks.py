"""Opens every image once, so that no later stage meets a bad one."""

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from blake3 import blake3
from rich.console import Console
from rich.progress import track

from components.data.examples import Quarantined
from components.data.images import ImageFault, decoded_size, read_image_bytes
from pipelines.prepare.sources.records import SourceRecord

CHECK_VERSION = 2
"""Raised when ``decoded_size`` accepts other files than before: all are then opened again."""

_MAX_THREADS = 8
"""A large picture takes some 0.2 GB while it is decoded."""


@dataclass(frozen=True, slots=True)
class CheckedImage:
    """What is known of an image that decodes; sizes are as seen upright, in pixels."""

    content_hash: str
    width: int
    height: int
    decoded: bool
    """Whether it was decoded now, rather than in an earlier run."""


@dataclass(frozen=True, slots=True)
class ImageChecks:
    """The usable images by example id, and the others as faults."""

    images: Mapping[str, CheckedImage]
    faults: Sequence[Quarantined]


def check_images(
    records: Sequence[SourceRecord], root: Path, verified: Mapping[str, tuple[int, int]]
) -> ImageChecks:
    """Hash every file, and decode those whose content is not in ``verified``.

    Args:
        records: What to open.
        root: The project's root, which paths start from.
        verified: Width and height by content hash, from an earlier run.
    """
    images: dict[str, CheckedImage] = {}
    faults: list[Quarantined] = []

    def check(record: SourceRecord) -> CheckedImage | Quarantined:
        return _check(record, root, verified)

    # Threads suffice: hashing releases the interpreter lock, decoding is done by other processes.
    with ThreadPoolExecutor(max_workers=min(_MAX_THREADS, os.cpu_count() or 1)) as pool:
        outcomes = track(
            pool.map(check, records),
            description="checking images",
            total=len(records),
            console=Console(stderr=True),
            transient=True,
        )
        for record, outcome in zip(records, outcomes, strict=True):
            if isinstance(outcome, CheckedImage):
                images[record.id] = outcome
            else:
                faults.append(outcome)
    return ImageChecks(images, faults)


def _check(
    record: SourceRecord, root: Path, verified: Mapping[str, tuple[int, int]]
) -> CheckedImage | Quarantined:
    try:
        data = read_image_bytes(root / record.path)
        content_hash = blake3(data).hexdigest()
        known = verified.get(content_hash)
        width, height = known or decoded_size(data)
    except ImageFault as fault:
        return Quarantined(
            path=record.path, example_id=record.id, reason=fault.reason, detail=fault.detail
        )
    return CheckedImage(content_hash, width, height, decoded=known is None)
