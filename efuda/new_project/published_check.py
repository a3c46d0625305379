"""Compares the lists that were found with the published ones."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from components.data.examples import SPLITS
from components.errors import InputError
from components.labels.hiding import hide
from components.labels.protocols import parse_protocol
from components.labels.vocabulary import Vocabulary
from pipelines.prepare.published_rows import training_list, with_hold_out
from pipelines.prepare.sources.catalog import read_source
from pipelines.prepare.sources.paths import list_images
from pipelines.prepare.sources.records import SourceRecord, label_matrix
from project.published import FOLDER, Published
from project.settings import Settings


@dataclass(frozen=True, kw_only=True, slots=True)
class PublishedCheck:
    """What the lists hold, beside what was published."""

    name: str
    found: dict[str, int]
    """Images of each list, and labels, before a hold-out is taken."""
    published: dict[str, int | None]
    """The same as published; None is not known."""
    after_hold_out: dict[str, int]
    num_missing: int
    """Images that are listed but not on the disk."""
    num_faults: int
    list_hash: str
    mask_hash: str
    """Of the mask drawn over the whole training list."""
    version: str | None
    """Which version of the data set the counts are those of; None where they tell none."""

    @property
    def as_published(self) -> bool:
        """Whether every count that is known agrees and every image is there."""
        agree = all(
            expected is None or self.found.get(what, 0) == expected
            for what, expected in self.published.items()
        )
        return agree and self.num_missing == 0

    def as_json(self) -> dict[str, object]:
        """For ``--json``."""
        return {
            "protocol": self.name,
            "as_published": self.as_published,
            "found": self.found,
            "published": self.published,
            "after_hold_out": self.after_hold_out,
            "num_missing": self.num_missing,
            "num_faults": self.num_faults,
            "list_hash": self.list_hash,
            "mask_hash": self.mask_hash,
            "version": self.version,
        }


def check_published(chosen: Published, settings: Settings, project: Path) -> PublishedCheck:
    """Read the lists, without opening an image, and count.

    Raises:
        InputError: If the lists cannot be read, or hold no training image.
    """
    source = read_source(settings.source, project)
    drawn_over = training_list(source.records)
    if not drawn_over:
        raise InputError(
            f"The training list of {chosen.data.data_set} names no image that can be used; "
            "compare its lines with the names in the folder of images."
        )
    found = {
        "train": sum(record.split == "train" for record in source.records),
        "test": sum(record.split == "test" for record in source.records),
        "labels": len(source.label_names),
    }
    records = with_hold_out(source.records, settings)
    return PublishedCheck(
        name=chosen.name,
        found=found,
        published={
            "train": chosen.protocol.counts.get("train"),
            "test": chosen.protocol.counts.get("test"),
            "labels": chosen.data.num_labels,
        },
        after_hold_out={
            split: sum(record.split == split for record in records) for split in SPLITS
        },
        num_missing=_num_missing(source.records, project / settings.source.images),
        num_faults=len(source.faults),
        list_hash=list_hash(source.records),
        mask_hash=_mask_hash(drawn_over, source.label_names, source.declared, settings),
        version=_version(chosen, found),
    )


def list_hash(records: Sequence[SourceRecord]) -> str:
    """Sixteen hex digits that change with any id of the lists, or its split."""
    lines = sorted(f"{record.split}\t{record.id}" for record in records if record.split)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def check_lines(check: PublishedCheck, chosen: Published) -> list[str]:
    """The comparison for a person."""
    lines = [
        f"{check.name}: {chosen.data.data_set}; {chosen.protocol.about}.",
        f"  from {chosen.protocol.origin}",
    ]
    for what, number in check.found.items():
        expected = check.published.get(what)
        verdict = "as published" if number == expected else f"DIFFERS, published {expected}"
        if expected is None:
            verdict = "the exact published number is not known"
        lines.append(f"  {what:<7} {number:>7}  {verdict}")
    parts = ", ".join(f"{number} {split}" for split, number in check.after_hold_out.items())
    lines.append(f"  with the hold-out taken from train: {parts}")
    lines.append(f"  id list {check.list_hash}, mask {check.mask_hash[:16]} (whole training list)")
    if chosen.data.versions:
        told = check.version or "none of the known versions"
        lines.append(f"  by its counts this is: {told}")
    if check.num_missing:
        lines.append(f"  MISSING: {check.num_missing} listed images are not on the disk")
    if check.num_faults:
        lines.append(f"  {check.num_faults} lines or files of the lists were set aside")
    if not check.as_published:
        lines.append(
            "  These are not the published lists whole: do not compare figures with published "
            "ones. Unpack the archives again if you meant them to be."
        )
    if figures := chosen.protocol.results_mAP:
        listed = ", ".join(f"{method} {figure:.2f}" for method, figure in figures.items())
        lines.append(f"  published test mAP in percent: {listed}")
    unsure = (*chosen.data.unverified, *chosen.protocol.unverified)
    lines.extend(f"  not verified: {sentence}" for sentence in unsure)
    return lines


def _num_missing(records: Sequence[SourceRecord], images: Path) -> int:
    there = set(list_images(images))
    return sum(record.image not in there for record in records)


def _mask_hash(
    drawn_over: Sequence[SourceRecord],
    names: Sequence[str],
    declared: frozenset[str] | None,
    settings: Settings,
) -> str:
    if settings.hide is None:
        return ""
    labels = label_matrix(drawn_over, Vocabulary(tuple(names)), declared)
    protocol = parse_protocol(settings.hide.protocol)
    return hide(labels, protocol, seed=settings.hide.seed).mask_hash


def _version(chosen: Published, found: dict[str, int]) -> str | None:
    if chosen.data.versions is None:
        return None
    for version in _versions(chosen.data.versions):
        bounds = [(version[split], found[split]) for split in ("train", "test")]
        if all(b is None or b[0] <= number <= b[1] for b, number in bounds):
            return f"{version['name']}: {version['about']}"
    return None


@cache
def _versions(name: str) -> list[dict[str, Any]]:
    text = (FOLDER / "versions" / f"{name}.yaml").read_text(encoding="utf-8")
    return yaml.safe_load(text)
