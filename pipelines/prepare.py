"""Source → examples, labels, vocabulary and quarantine."""

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from components.atomic import read_json, write_json
from components.data.examples import (
    SPLITS,
    Example,
    Quarantined,
    read_examples,
    write_examples,
    write_quarantine,
)
from components.data.images import ImageReason
from components.errors import ArtefactError, InputError
from components.labels.states import ABSENT, PRESENT
from components.labels.tables import write_labels
from components.labels.vocabulary import Vocabulary
from pipelines.image_checks import CHECK_VERSION, CheckedImage, check_images
from pipelines.known_labels import KnownLabels, known_labels
from pipelines.layout import Layout
from pipelines.settings import Settings, SplitSettings
from pipelines.sources.catalog import read_source
from pipelines.sources.records import SourceReason, SourceRecord, label_matrix
from pipelines.split_choice import choose_splits
from pipelines.stage import stage_main

SCHEMA_VERSION = 1

_LOST_IMAGE = frozenset({*ImageReason, SourceReason.DUPLICATE_ID, SourceReason.PATH_OUTSIDE_ROOT})
"""Reasons that cost an image, rather than a label or a caption."""


def run(settings: Settings, layout: Layout) -> dict[str, object]:
    """Read the source, open every image once, and write the tables of the project."""
    source = read_source(settings.source, layout.root)
    vocabulary = Vocabulary(source.label_names)
    checks = check_images(source.records, layout.root, _verified(layout))
    records = [record for record in source.records if record.id in checks.images]
    _require_some(records, [*source.faults, *checks.faults])
    examples, notes = _examples(records, checks.images, settings.splits)
    observed = label_matrix(records, vocabulary, source.declared)
    labels = known_labels(observed, examples, settings.hide, layout.reviewed_labels)
    faults = [*source.faults, *checks.faults, *labels.faults]

    write_examples(layout.examples, examples)
    write_labels(layout.labels, labels.known)
    write_labels(layout.hidden_labels, labels.hidden)
    vocabulary.save(layout.vocabulary)
    write_quarantine(layout.quarantine, faults)
    report = _report(settings, examples, labels, faults, [*source.notes, *notes])
    num_decoded = sum(image.decoded for image in checks.images.values())
    # Written last: its presence says that the other files are whole. How many
    # files were decoded differs between runs, so it is told but not kept.
    write_json(layout.prepare_report, report)
    return {**report, "num_decoded": num_decoded, "summary": _summary(report, num_decoded)}


def _verified(layout: Layout) -> Mapping[str, tuple[int, int]]:
    """Sizes by content hash of what an earlier run decoded; nothing if it cannot be trusted."""
    try:
        if read_json(layout.prepare_report).get("check_version") != CHECK_VERSION:
            return {}
        examples = read_examples(layout.examples)
    except (ArtefactError, AttributeError):
        return {}
    return {example.content_hash: (example.width, example.height) for example in examples}


def _require_some(records: Sequence[SourceRecord], faults: Sequence[Quarantined]) -> None:
    if records:
        return
    if not faults:
        raise InputError(
            "The source has no image. Images are JPEG, PNG, WebP, BMP, GIF or TIFF files; "
            "check source.images in params.yaml."
        )
    reasons = Counter(fault.reason for fault in faults)
    listed = ", ".join(f"{count} {reason}" for reason, count in reasons.most_common())
    first = faults[0]
    raise InputError(
        f"No usable image is left: {listed}. First: {first.path}: {first.detail}. "
        "Check source.images and source.annotations in params.yaml."
    )


def _examples(
    records: Sequence[SourceRecord], images: Mapping[str, CheckedImage], settings: SplitSettings
) -> tuple[list[Example], list[str]]:
    hashes = [images[record.id].content_hash for record in records]
    splits, notes = choose_splits([record.split for record in records], hashes, settings)
    examples = [
        Example(
            id=record.id,
            path=record.path,
            content_hash=images[record.id].content_hash,
            split=split,
            modality=record.modality,
            captions=record.captions,
            width=images[record.id].width,
            height=images[record.id].height,
        )
        for record, split in zip(records, splits, strict=True)
    ]
    return examples, notes


def _report(
    settings: Settings,
    examples: Sequence[Example],
    labels: KnownLabels,
    faults: Sequence[Quarantined],
    notes: Sequence[str],
) -> dict[str, object]:
    states = labels.matrix.states
    num_present = (states == PRESENT).sum(axis=0)
    labelled = (states == PRESENT).any(axis=1)
    used = {example.path for example in examples}
    names = labels.matrix.vocabulary.names
    hiding = labels.hiding
    return {
        "schema_version": SCHEMA_VERSION,
        "check_version": CHECK_VERSION,
        "source": {"kind": settings.source.kind, "images": settings.source.images},
        "num_examples": len(examples),
        "by_split": {split: sum(ex.split == split for ex in examples) for split in SPLITS},
        "by_modality": dict(sorted(Counter(ex.modality for ex in examples).items())),
        "num_captioned": sum(bool(example.captions) for example in examples),
        "num_labels": len(names),
        "labels_without_positives": [
            name for name, count in zip(names, num_present, strict=True) if count == 0
        ],
        "num_present": int(num_present.sum()),
        "num_absent": int((states == ABSENT).sum()),
        "num_unknown": int((states == 0).sum()),
        "num_reviewed": labels.num_reviewed,
        "mean_positives": round(float(num_present.sum() / max(1, np.sum(labelled))), 4),
        "hide": None
        if hiding is None
        else {
            "protocol": str(hiding.protocol),
            "seed": hiding.seed,
            "splits": list(settings.hide.splits) if settings.hide else [],
            "mask_hash": hiding.mask_hash,
            "num_hidden": labels.hidden.num_rows,
        },
        "num_quarantined": len(faults),
        "num_quarantined_images": len(
            {f.path for f in faults if f.reason in _LOST_IMAGE and f.path not in used}
        ),
        "quarantined": dict(sorted(Counter(str(fault.reason) for fault in faults).items())),
        "notes": list(notes),
    }


def _summary(report: Mapping[str, object], num_decoded: int) -> list[str]:
    def listed(counts: object) -> str:
        return ", ".join(f"{n} {word}" for word, n in counts.items())  # type: ignore[attr-defined]

    lines = [
        f"{report['num_examples']} examples ({listed(report['by_split'])}; "
        f"{listed(report['by_modality'])}), {num_decoded} opened anew",
        f"  {report['num_labels']} labels; cells: {report['num_present']} present, "
        f"{report['num_absent']} absent, {report['num_unknown']} unknown; "
        f"{report['mean_positives']} positives an image that has one",
    ]
    if report["labels_without_positives"]:
        names = report["labels_without_positives"]
        lines.append(f"  no positive: {', '.join(names)}")  # type: ignore[arg-type]
    if report["num_quarantined"]:
        lines.append(f"  set aside: {listed(report['quarantined'])}; see quarantine.parquet")
    hidden = report["hide"]
    if isinstance(hidden, dict):
        lines.append(
            f"  hidden on purpose: {hidden['num_hidden']} cells ({hidden['protocol']}, "
            f"seed {hidden['seed']}, mask {hidden['mask_hash'][:12]})"
        )
    lines.extend(f"  note: {note}" for note in report["notes"])  # type: ignore[attr-defined]
    return lines


if __name__ == "__main__":
    stage_main("prepare", run)
