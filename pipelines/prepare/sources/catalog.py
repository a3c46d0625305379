"""Every kind of source, and the one way to read any of them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from components.data.examples import Quarantined
from components.data.quarantine_reasons import SourceReason
from components.errors import InputError
from components.labels.states import PRESENT
from pipelines.prepare.sources import (
    coco,
    cub,
    folder,
    formatted,
    images,
    jsonl,
    nuswide,
    tables,
    voc,
    yolo,
)
from pipelines.prepare.sources.caption_labels import is_captions_only
from pipelines.prepare.sources.captions import add_captions
from pipelines.prepare.sources.label_merging import (
    labels_of_words,
    with_one_spelling,
    with_one_word,
)
from pipelines.prepare.sources.name_matching import with_files
from pipelines.prepare.sources.paths import joined, list_photos, require_folder, undecodable_images
from pipelines.prepare.sources.records import SourceRecord, SourceRecords, keep_labels, unique_names
from pipelines.prepare.sources.sketches import read_sketches
from pipelines.prepare.sources.text_files import printable
from project.settings.source import SourceSettings
from project.source_kinds import SourceKind
from project.vocabulary_file import with_names

READERS: Mapping[SourceKind, Callable[[SourceSettings, Path], SourceRecords]] = {
    "coco": coco.read,
    "voc": voc.read,
    "yolo": yolo.read,
    "csv": tables.read,
    "parquet": tables.read,
    "folder": folder.read,
    "jsonl": jsonl.read,
    "images": images.read,
    "nuswide": nuswide.read,
    "cub": cub.read,
    "formatted": formatted.read,
}


def read_source(source: SourceSettings, root: Path = Path()) -> SourceRecords:
    """Read labels, captions, sketches and the images that nothing lists.

    No image is opened. Labels outside ``source.vocabulary``, where that is
    given, are dropped and reported. There may be no label name at all where
    photographs have captions and nothing else (pipelines/prepare/sources/caption_labels.py).

    Args:
        source: The section ``source`` of params.yaml.
        root: The project's root, which relative paths start from.

    Raises:
        InputError: If a whole file or folder cannot be used, or no label is named.
    """
    listed_in = "source.vocabulary" if source.vocabulary_file is None else source.vocabulary_file
    source, meanings = with_names(source, root)
    require_folder(root / source.images, "source.images")
    there = list_photos(root / source.images, root / source.sketches if source.sketches else None)
    labelled = with_files(READERS[source.kind](source, root), source, root, there)
    words = labels_of_words(source.vocabulary or labelled.label_names, meanings)
    sketches = read_sketches(source, root, words)
    names = labelled.label_names or unique_names(sorted({n for s in sketches for n in s.cells}))
    vocabulary = unique_names(source.vocabulary or names)
    photos = [*labelled.records, *_unlisted(source, labelled, there)]
    photos, caption_faults = add_captions(source, root, photos)
    from_captions = source.labels_from_captions is not False and is_captions_only(photos)
    if not vocabulary and not from_captions:
        raise InputError(
            "The source names no label; list the labels you want in source.vocabulary."
        )
    _require_printable(vocabulary)
    whole, id_faults = _without_repeated_ids([*photos, *sketches])
    gathered = replace(
        labelled,
        records=whole,
        labels_from=f"the list in {listed_in}" if source.vocabulary else labelled.labels_from,
        faults=(*labelled.faults, *caption_faults, *id_faults, *_bad_names(source, root)),
        meanings=meanings,
    )
    gathered = with_one_word(gathered)
    gathered, vocabulary = with_one_spelling(gathered, vocabulary, source)
    kept = keep_labels(gathered, vocabulary, source.annotations or source.images)
    return _as_listed(kept, source)


def _as_listed(source: SourceRecords, settings: SourceSettings) -> SourceRecords:
    """In the order, and without the images, that the settings say."""
    records = list(source.records)
    notes = list(source.notes)
    if settings.require_positive:
        records = [record for record in records if PRESENT in record.cells.values()]
        if lost := len(source.records) - len(records):
            notes.append(f"{lost} image(s) without a label present were left out.")
    if settings.order == "by_id":
        records.sort(key=lambda record: record.id)
    return replace(source, records=tuple(records), notes=tuple(notes))


def _unlisted(
    source: SourceSettings, labelled: SourceRecords, files: Sequence[str]
) -> list[SourceRecord]:
    """The images in the folder that the annotations do not name: nothing is known of them."""
    if not source.include_unlisted:
        return []
    named = {record.path for record in labelled.records}
    # An image that was set aside must not come back as a stranger.
    named.update(fault.path for fault in labelled.faults)
    return [
        SourceRecord(id=image, path=path, image=image, cells={})
        for image in files
        if (path := joined(source.images, image)) not in named
    ]


def _require_printable(vocabulary: Sequence[str]) -> None:
    for name in vocabulary:
        if printable(name) != name:
            raise InputError(f"The label {name!r} is not valid text; rename it in the source.")


def _bad_names(source: SourceSettings, root: Path) -> list[Quarantined]:
    return [
        Quarantined(
            path=joined(folder, image),
            reason=SourceReason.BAD_NAME,
            detail="its file name is not UTF-8; rename it, for example with convmv",
        )
        for folder in (source.images, source.sketches)
        if folder
        for image in undecodable_images(root / folder)
    ]


def _without_repeated_ids(
    records: Sequence[SourceRecord],
) -> tuple[list[SourceRecord], list[Quarantined]]:
    kept: dict[str, SourceRecord] = {}
    faults: list[Quarantined] = []
    for record in records:
        first = kept.setdefault(record.id, record)
        if first is not record:
            faults.append(
                Quarantined(
                    path=record.path,
                    example_id=record.id,
                    reason=SourceReason.DUPLICATE_ID,
                    detail=f"its id {record.id!r} is taken; {first.path} keeps it",
                )
            )
    return list(kept.values()), faults
