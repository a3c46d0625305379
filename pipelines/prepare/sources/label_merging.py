"""Counts synonyms and spellings of one label as one, as far as the user says that they are."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from components.data.examples import Quarantined
from components.data.quarantine_reasons import SourceReason
from components.errors import InputError
from components.labels.meaning import Meaning
from components.labels.spelling import loose, same_but_for_spelling
from components.labels.states import PRESENT, UNKNOWN
from pipelines.prepare.sources.records import SourceRecord, SourceRecords, unique_names
from project.settings.source import SourceSettings

_SHOWN = 5


def with_one_spelling(
    gathered: SourceRecords, names: Sequence[str], source: SourceSettings
) -> tuple[SourceRecords, tuple[str, ...]]:
    """The records, and the label names, with one spelling of each label.

    With ``source.merge_spellings`` the spelling that ``source.vocabulary`` has counts, else the
    one that most images have.

    Raises:
        InputError: If two names differ in spelling alone and the settings do not say whether
            they are one label.
    """
    if source.merge_spellings is False:
        return gathered, tuple(names)
    counts = Counter(
        name
        for record in gathered.records
        for name, state in record.cells.items()
        if state == PRESENT
    )
    if source.merge_spellings is None:
        _ask(same_but_for_spelling(names), counts)
        return gathered, tuple(names)
    written = [*names, *sorted({name for each in gathered.records for name in each.cells})]
    listed = source.vocabulary or ()
    chosen: dict[str, str] = {}
    notes: list[str] = []
    for group in same_but_for_spelling(written):
        kept = next((name for name in group if name in listed), None)
        kept = kept or max(group, key=lambda name: counts[name])
        chosen |= dict.fromkeys(group, kept)
        others = ", ".join(repr(name) for name in group if name != kept)
        notes.append(f"{others} was counted as {kept!r} (source.merge_spellings).")
    merged = _counted_as(gathered, chosen, notes)
    return merged, unique_names([chosen.get(name, name) for name in names])


def labels_of_words(names: Sequence[str], meanings: Mapping[str, Meaning]) -> dict[str, str]:
    """The label that each name and synonym stands for, by its loose spelling."""
    return _synonyms(meanings) | {loose(name): name for name in names}


def with_one_word(gathered: SourceRecords) -> SourceRecords:
    """The records with each synonym of the vocabulary file counted as its label."""
    synonyms = _synonyms(gathered.meanings)
    written = {name for record in gathered.records for name in record.cells}
    written |= set(gathered.declared or ())
    chosen = {
        name: synonyms[loose(name)]
        for name in sorted(written)
        if synonyms.get(loose(name), name) != name
    }
    if not chosen:
        return gathered
    notes = [f"{name!r} was counted as its synonym {kept!r}." for name, kept in chosen.items()]
    return _counted_as(gathered, chosen, notes)


def _synonyms(meanings: Mapping[str, Meaning]) -> dict[str, str]:
    return {loose(word): label for label, each in meanings.items() for word in each.synonyms}


def _ask(groups: Sequence[Sequence[str]], counts: Mapping[str, int]) -> None:
    if not groups:
        return
    lines = [
        "  " + ", ".join(f"{name!r} (present in {counts[name]} images)" for name in group)
        for group in groups[:_SHOWN]
    ]
    more = [f"  … and {len(groups) - _SHOWN} more"] if len(groups) > _SHOWN else []
    raise InputError(
        "\n".join(
            [
                "Some labels differ only in how they are written:",
                *lines,
                *more,
                "Under `source` in params.yaml set `merge_spellings: true` if each line is one "
                "label (the spelling of most images is kept), `merge_spellings: false` if not.",
            ]
        )
    )


def _counted_as(
    gathered: SourceRecords, chosen: Mapping[str, str], notes: Sequence[str]
) -> SourceRecords:
    records: list[SourceRecord] = []
    faults: list[Quarantined] = []
    for record in gathered.records:
        cells, conflicts = _merged(record.cells, chosen)
        faults += [_conflict(record, name) for name in conflicts]
        records.append(replace(record, cells=cells))
    declared = gathered.declared
    return replace(
        gathered,
        records=tuple(records),
        declared=declared and frozenset(chosen.get(name, name) for name in declared),
        faults=(*gathered.faults, *faults),
        notes=(*gathered.notes, *notes),
    )


def _merged(
    cells: Mapping[str, int], chosen: Mapping[str, str]
) -> tuple[dict[str, int], list[str]]:
    merged: dict[str, int] = {}
    conflicts: list[str] = []
    for name, state in cells.items():
        kept = chosen.get(name, name)
        old = merged.get(kept, UNKNOWN)
        if UNKNOWN in (old, state) or old == state:
            merged[kept] = old or state
        else:
            merged[kept] = UNKNOWN
            conflicts.append(kept)
    return merged, conflicts


def _conflict(record: SourceRecord, name: str) -> Quarantined:
    return Quarantined(
        path=record.path,
        example_id=record.id,
        reason=SourceReason.CONFLICTING_LABEL,
        detail=f"spellings or synonyms of {name!r} contradict each other; the cell was made unknown",
    )
