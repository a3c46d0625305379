"""JSON lines: one object an image, with captions and perhaps labels."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from components.data.quarantine_reasons import SourceReason
from components.errors import InputError
from components.labels.states import ABSENT, UNKNOWN
from pipelines.prepare.sources.collector import RecordCollector
from pipelines.prepare.sources.encodings import state_table, written
from pipelines.prepare.sources.records import SourceRecords
from pipelines.prepare.sources.splits import split_of
from pipelines.prepare.sources.text_files import read_text
from project.settings.source import SourceSettings


def read(source: SourceSettings, root: Path) -> SourceRecords:
    """Read ``{"image", "caption" | "captions", "labels"?, "id"?, "split"?}`` lines.

    ``labels`` is a list of the labels present, or states by label name. Labels
    not named are unknown, or absent where ``exhaustive`` is true. A line that
    cannot be read is set aside.
    """
    if source.annotations is None:
        raise InputError("A jsonl source needs source.annotations: the file of JSON lines.")
    collector = RecordCollector(source.images, source.annotations)
    states = state_table(source.encoding)
    names: set[str] = set()
    for number, row in json_rows(root / source.annotations, collector):
        where = f"line {number}"
        cells = _cells(row.get("labels"), where, states, collector)
        names.update(cells)
        named = row.get("id")
        collector.add(
            image=row["image"],
            example_id=None if named in (None, "") else str(named),
            where=where,
            cells=cells,
            rest=ABSENT if source.exhaustive and "labels" in row else UNKNOWN,
            captions=captions_of(row),
            split=split_of(row.get("split")),
        )
    collector.labels_from = 'the names under "labels" in the lines'
    return collector.finish(sorted(names))


def json_rows(path: Path, collector: RecordCollector) -> Iterator[tuple[int, dict[str, Any]]]:
    """Line number and object of each line that names an image; others are set aside."""
    for number, line in enumerate(read_text(path).split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (json.JSONDecodeError, RecursionError) as fault:
            collector.fault(SourceReason.BAD_ROW, f"line {number} is not JSON: {fault}")
            continue
        image = row.get("image") if isinstance(row, dict) else None
        if isinstance(image, str) and image:
            yield number, row
        else:
            collector.fault(SourceReason.BAD_ROW, f'line {number} is not an object with an "image"')


def captions_of(row: Mapping[str, Any]) -> tuple[str, ...]:
    """The captions of a row: one, several or none."""
    given = row.get("captions", row.get("caption"))
    sentences = [given] if isinstance(given, str) else given if isinstance(given, list) else []
    return tuple(text.strip() for text in sentences if isinstance(text, str) and text.strip())


def _cells(
    labels: object, where: str, states: Mapping[str, int], collector: RecordCollector
) -> dict[str, int]:
    if labels is None:
        return {}
    if isinstance(labels, list):
        given: dict[object, object] = dict.fromkeys(map(str, labels), "present")
        states = state_table("canonical")
    elif isinstance(labels, dict):
        given = labels
    else:
        collector.fault(SourceReason.BAD_ROW, f"{where}: labels is neither a list nor an object")
        return {}
    cells: dict[str, int] = {}
    for label, value in given.items():
        name, state = str(label).strip(), states.get(written(value))
        if not name:
            collector.fault(SourceReason.EMPTY_LABEL, f"{where} has a label without a name")
        elif state is None:
            collector.fault(SourceReason.BAD_ROW, f"{where}: {value!r} is no state of {name!r}")
        else:
            cells[name] = state
    return cells
