"""Source → examples, labels, vocabulary and quarantine."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from components.atomic import read_json, write_json
from components.data.examples import (
    Example,
    Quarantined,
    read_examples,
    write_examples,
    write_quarantine,
)
from components.data.images import FORMATS
from components.errors import ArtefactError, InputError
from components.labels.tables import write_labels
from components.labels.vocabulary import Vocabulary
from pipelines.prepare.image_checks import CHECK_VERSION, CheckedImage, check_images
from pipelines.prepare.known_labels import known_labels
from pipelines.prepare.published_rows import training_list, with_hold_out
from pipelines.prepare.report import prepare_report, summary_lines
from pipelines.prepare.sources.caption_labels import with_caption_labels
from pipelines.prepare.sources.catalog import read_source
from pipelines.prepare.sources.name_matching import refuse_lost_names, with_details
from pipelines.prepare.sources.paths import unread_files
from pipelines.prepare.sources.records import SourceRecord, label_matrix, silent_cells
from pipelines.prepare.split_choice import choose_splits
from project.graph import refuse_unwatched_source
from project.layout import Layout
from project.reviewed import refuse_unwatched_labels
from project.settings import Settings
from project.settings.source import SplitSettings
from project.stage_command import Report


def run(settings: Settings, layout: Layout) -> Report:
    """Read the source, open every image once, and write the tables of the project."""
    refuse_unwatched_labels(layout)
    refuse_unwatched_source(layout.root, settings)
    listed = read_source(settings.source, layout.root)
    refuse_lost_names(listed, settings.source)
    captioned = with_caption_labels(listed, settings.source)
    source = captioned.source
    drawn_over = training_list(source.records)
    source = replace(source, records=with_hold_out(source.records, settings))
    vocabulary = Vocabulary(source.label_names, source.meanings)
    checks = check_images(source.records, layout.root, _verified(layout))
    records = [record for record in source.records if record.id in checks.images]
    named = {record.image for record in records}
    unread = unread_files(layout.root / settings.source.images, named)
    _require_some(records, [*source.faults, *checks.faults], unread)
    examples, notes = _examples(records, checks.images, settings.splits)
    observed = label_matrix(records, vocabulary, source.declared)
    over = label_matrix(drawn_over, vocabulary, source.declared) if settings.hide else None
    labels = known_labels(
        observed,
        examples,
        settings.hide,
        layout.reviewed_labels,
        over,
        silent_cells(records, observed) if vocabulary.hierarchy else None,
    )
    faults = [*source.faults, *with_details(checks.faults, source), *labels.faults]

    write_examples(layout.examples, examples)
    write_labels(layout.labels, labels.known)
    write_labels(layout.hidden_labels, labels.hidden)
    vocabulary.save(layout.vocabulary)
    write_quarantine(layout.quarantine, faults)
    source = replace(source, notes=(*source.notes, *notes))
    report = prepare_report(settings, examples, labels, faults, source, unread)
    report["num_from_captions"] = captioned.num_cells
    num_decoded = sum(image.decoded for image in checks.images.values())
    # Written last: its presence says that the other files are whole. How many
    # files were decoded differs between runs, so it is told but not kept.
    write_json(layout.prepare_report, report)
    return {**report, "num_decoded": num_decoded, "summary": summary_lines(report, num_decoded)}


def _verified(layout: Layout) -> Mapping[str, tuple[int, int]]:
    """Sizes by content hash of what an earlier run decoded; nothing if it cannot be trusted."""
    try:
        if read_json(layout.prepare_report).get("check_version") != CHECK_VERSION:
            return {}
        examples = read_examples(layout.examples)
    except (ArtefactError, AttributeError):
        return {}
    return {example.content_hash: (example.width, example.height) for example in examples}


def _require_some(
    records: Sequence[SourceRecord],
    faults: Sequence[Quarantined],
    unread: Mapping[str, Sequence[str]],
) -> None:
    if records:
        return
    if not faults:
        others = ", ".join(f"{len(files)} {suffix}" for suffix, files in unread.items())
        raise InputError(
            f"The source has no image. Images are files of the formats {', '.join(FORMATS)}; "
            "check source.images in params.yaml."
            + (f" The folder holds other files, which are not read: {others}." if others else "")
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
