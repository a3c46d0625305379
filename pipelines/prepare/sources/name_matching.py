"""Joins the names in the annotations with the files on the disk, and tells which were lost."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from components.data.examples import Quarantined
from components.data.quarantine_reasons import ImageReason
from components.errors import InputError
from pipelines.prepare.sources.name_advice import NameAdvice, find_rules, nearest_file
from pipelines.prepare.sources.name_rules import Placement, place_names
from pipelines.prepare.sources.paths import joined
from pipelines.prepare.sources.records import LostNames, SourceRecord, SourceRecords, Stray
from pipelines.prepare.sources.splits import split_of_folder
from pipelines.prepare.sources.table_columns import as_setting
from project.settings.source import SourceSettings

_ALWAYS: Mapping[str, tuple[str, ...]] = {"yolo": ("ignore_extension",)}
"""A label file of YOLO has its image's name but for the extension."""
_NUM_COMPARED = 10
"""Lost names that the nearest file is looked up for; each takes some milliseconds."""


@dataclass(frozen=True, slots=True)
class _Listed:
    """The records whose names are not those of files, and the names of the others."""

    missing: Sequence[SourceRecord]
    strays: Sequence[Stray]
    taken: frozenset[str]

    @property
    def names(self) -> list[str]:
        return [each.image for each in (*self.missing, *(stray.record for stray in self.strays))]


def with_files(
    listed: SourceRecords, source: SourceSettings, root: Path, files: Sequence[str]
) -> SourceRecords:
    """Give names that are not those of files the files that ``source.match`` finds.

    A record without an id of its own takes the file's name for its id. Names that remain
    without a file are kept, to be set aside when images are opened, with what is known of them.

    Args:
        listed: What the annotations say.
        source: The section ``source``.
        root: The project's root.
        files: All photographs below the folder of images.
    """
    there = {each.id: _is_file(root / each.path) for each in listed.records}
    open_names = _Listed(
        missing=[each for each in listed.records if not there[each.id]],
        strays=listed.strays,
        taken=frozenset(each.image for each in listed.records if there[each.id]),
    )
    if not open_names.names:
        return replace(listed, names=LostNames(num_listed=len(listed.records)))
    always = _ALWAYS.get(source.kind, ())
    found = place_names(open_names.names, files, [*source.match, *always], open_names.taken)
    records = [
        each if there[each.id] else _placed(each, found.places, source) for each in listed.records
    ]
    records += [
        _placed(stray.record, found.places, source)
        for stray in open_names.strays
        if stray.record.image in found.places
    ]
    lost_strays = [each for each in open_names.strays if each.record.image not in found.places]
    lost = [each for each in open_names.missing if each.image not in found.places]
    names = [each.image for each in (*lost, *(stray.record for stray in lost_strays))]
    advice = find_rules(open_names.names, files, source.match, open_names.taken, always)
    why = {name: _why(name, found, advice, files, n) for n, name in enumerate(dict.fromkeys(names))}
    first = lost[0] if lost else lost_strays[0].record if lost_strays else None
    return replace(
        listed,
        records=tuple(records),
        strays=(),
        faults=(
            *listed.faults,
            *(replace(each.fault, detail=_joined(each, why)) for each in lost_strays),
        ),
        names=LostNames(
            num_listed=len(listed.records) + len(listed.strays),
            num_matched=len(open_names.names) - len(names),
            num_lost=len(names),
            details={each.id: why[each.image] for each in lost},
            told="" if first is None else told_of(first, source, files, len(names), advice),
            advice=advice.rules if advice else (),
        ),
    )


def refuse_lost_names(source: SourceRecords, settings: SourceSettings) -> None:
    """Stop where so many names have no file that the cause must be the names.

    Raises:
        InputError: With one of the names beside a file, and the rule that would fit.
    """
    names = source.names
    if names is None or names.num_lost <= settings.max_missing_share * names.num_listed:
        return
    if names.num_lost == 1 < names.num_listed:
        # A single gap in a small set is no pattern.
        return
    raise InputError(
        f"{settings.annotations or settings.images} names {names.num_listed} images, and "
        f"{names.num_lost} of them have no file in {settings.images}.\n{names.told}\n"
        f"If these images are really not there, raise source.max_missing_share "
        f"({settings.max_missing_share:g}), the share of names that may lack a file."
    )


def with_details(faults: Sequence[Quarantined], source: SourceRecords) -> list[Quarantined]:
    """Missing files, with what is known of their names."""
    details = source.names.details if source.names else {}
    return [
        replace(fault, detail=details[fault.example_id])
        if fault.reason == ImageReason.MISSING_FILE and fault.example_id in details
        else fault
        for fault in faults
    ]


def told_of(
    first: SourceRecord,
    source: SourceSettings,
    files: Sequence[str],
    num_lost: int,
    advice: NameAdvice | None,
) -> str:
    """One lost name beside a file, and what would make them fit, in a few lines."""
    name = first.image
    if advice and advice.placement.places and name not in advice.placement.places:
        name = next(iter(advice.placement.places))
    where = f"  ({first.where.rstrip(',')})" if first.where and name == first.image else ""
    if not files:
        return f"  written: {name}{where}\n  on disk: no image at all. Is source.images right?"
    place = advice.placement.places.get(name) if advice else None
    file = place or nearest_file(name, files) or files[0]
    lines = [f"  written: {name}{where}", f"  on disk: {file}"]
    if advice is None:
        lines.append(
            f"No rule of source.match makes them fit. Is {source.images} (with {len(files)} images) "
            "the right folder for these annotations?"
        )
        return "\n".join(lines)
    placed = advice.placement
    lines.append(
        f"Under `source` in params.yaml set\n  {as_setting('match', list(advice.rules))}\n"
        f"and {len(placed.places)} of these {num_lost} names fit exactly one file each; run again."
    )
    if placed.unclear:
        name, why = next(iter(placed.unclear.items()))
        lines.append(
            f"{len(placed.unclear)} name(s) would be left out, since it is not clear which file is "
            f"meant: {name} {why}."
        )
    return "\n".join(lines)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        # A name that is too long for the disk, for instance a caption in the wrong column.
        return False


def _placed(
    record: SourceRecord, places: Mapping[str, str], source: SourceSettings
) -> SourceRecord:
    file = places.get(record.image)
    if file is None:
        return record
    has_own_id = record.id not in ("", record.image)
    return replace(
        record,
        id=record.id if has_own_id else file,
        image=file,
        path=joined(source.images, file),
        split=split_of_folder(file) if source.kind == "yolo" else record.split,
    )


def _why(
    name: str, found: Placement, advice: NameAdvice | None, files: Sequence[str], number: int
) -> str:
    if name in found.unclear:
        return f"no file of this name; by source.match it {found.unclear[name]}, so none was taken"
    if advice and name in advice.placement.places:
        rules = as_setting("match", list(advice.rules))
        place = advice.placement.places[name]
        return f"no file of this name; source.{rules} would find {place}"
    near = nearest_file(name, files) if number < _NUM_COMPARED else None
    return f"no file of this name; the most similar is {near}" if near else "no file of this name"


def _joined(stray: Stray, why: Mapping[str, str]) -> str:
    return f"{stray.fault.detail}; {why[stray.record.image]}"
