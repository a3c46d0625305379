"""Labels read from captions, for a source that gives images and captions alone.

A label is present where a caption names it; what a caption does not name stays unknown,
since a caption tells a few things of many. What the source itself says is never changed.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from rich.console import Console
from rich.progress import track

from components.captions.tag_vocabulary import TagLimits
from components.errors import InputError
from components.labels.states import PRESENT, UNKNOWN
from components.labels.vocabulary import Vocabulary
from pipelines.prepare.sources.records import SourceRecord, SourceRecords
from project.settings.source import SourceSettings

MAX_LABELS = 100
MIN_COUNT = 5
MIN_SHARE = 0.005
"""A name that fewer captions have is too rare to be learnt and measured."""


@dataclass(frozen=True, slots=True)
class CaptionLabels:
    """A source with the labels that its captions give, and how many cells these are."""

    source: SourceRecords
    num_cells: int = 0


def is_captions_only(records: Sequence[SourceRecord]) -> bool:
    """Whether photographs have captions and no known label at all."""
    photos = [record for record in records if record.modality == "photo"]
    return any(photo.captions for photo in photos) and not any(map(_is_labelled, photos))


def with_caption_labels(source: SourceRecords, settings: SourceSettings) -> CaptionLabels:
    """Read labels from captions where ``labels_from_captions`` says so, or nothing else is known.

    Without any label name the most frequent things in the captions are the labels.

    Raises:
        InputError: If captions are asked for and there are none, if none can be read, or if
            they name nothing often enough.
    """
    wanted = settings.labels_from_captions
    if wanted is None:
        wanted = is_captions_only(source.records)
    if not wanted:
        return CaptionLabels(source)
    told = [record for record in source.records if record.captions and record.modality == "photo"]
    if not told:
        raise InputError(
            "source.labels_from_captions is true, and no photograph has a caption; bring captions "
            "(source.captions), or set it to null."
        )
    return _read(source, told)


def _is_labelled(record: SourceRecord) -> bool:
    return record.rest != UNKNOWN or any(state != UNKNOWN for state in record.cells.values())


def _read(source: SourceRecords, told: Sequence[SourceRecord]) -> CaptionLabels:
    # Imported late: the English model takes a second, and most sources have labels.
    from components.captions.class_words import label_words
    from components.captions.reading import legibility, parse_captions, said_states
    from components.captions.rule_parser import RuleParser

    texts = [record.captions for record in told]
    names, notes = source.label_names, []
    if not names:
        names = _frequent_things(texts)
        notes.append(
            f"The source names no label, so the {len(names)} things that captions name most often "
            f"are the labels ({', '.join(names[:8])}, …); list those you want in source.vocabulary."
        )
    vocabulary = Vocabulary(names, source.meanings)
    words = label_words(vocabulary)
    parses = parse_captions(RuleParser(words.phrases), texts, _with_a_bar)
    found = legibility(parses)
    found.require_some()
    states = said_states(parses, words, vocabulary)
    cells = {record.id: _filled(record, states[row], vocabulary) for row, record in enumerate(told)}
    num_cells = sum(len(cells[record.id]) - len(record.cells) for record in told)
    notes.append(_note(found.num_captions, found.num_unread, found.first, num_cells, len(told)))
    records = [
        replace(record, cells=cells[record.id]) if record.id in cells else record
        for record in source.records
    ]
    labelled = replace(
        source,
        records=tuple(records),
        label_names=tuple(names),
        notes=(*source.notes, *notes),
    )
    return CaptionLabels(labelled, num_cells)


def _filled(record: SourceRecord, states: np.ndarray, vocabulary: Vocabulary) -> dict[str, int]:
    """The record's own cells, and those of the captions that it says nothing about."""
    said = (
        {}
        if record.rest != UNKNOWN
        else {vocabulary.names[label]: PRESENT for label in np.flatnonzero(states == PRESENT)}
    )
    return {**said, **record.cells}


def _frequent_things(texts: Sequence[Sequence[str]]) -> tuple[str, ...]:
    from components.captions.reading import frequent_tags, legibility, parse_captions
    from components.captions.rule_parser import RuleParser

    parses = parse_captions(RuleParser(), texts, _with_a_bar)
    found = legibility(parses)
    found.require_some()
    least = max(MIN_COUNT, round(MIN_SHARE * found.num_captions))
    names, _ = frequent_tags(parses, "object", TagLimits(max_tags=MAX_LABELS, min_count=least))
    if not names:
        raise InputError(
            f"The source names no label, and of its {found.num_captions} captions no {least} name "
            "the same thing; list the labels you want in source.vocabulary."
        )
    return names


def _note(num_captions: int, num_unread: int, first: str, num_cells: int, num_images: int) -> str:
    note = (
        f"{num_cells:,} labels of {num_images:,} images were read from {num_captions:,} captions: "
        "present where a caption names it, unknown elsewhere."
    )
    return f"{note} {num_unread:,} of them gave none. The first: {first}" if num_unread else note


def _with_a_bar(items: Sequence[Sequence[str]]) -> Iterable[Sequence[str]]:
    return track(items, description="captions", console=Console(stderr=True), transient=True)
