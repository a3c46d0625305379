"""CSV and Parquet: one row an image, or one row a cell.

The columns tell which. ``image, label, state`` (or ``image, label``) is one
row a cell; a column ``labels`` holds the names of the labels present, separated;
otherwise every column without another role is a label, if all that it holds is states.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from components.data.examples import Split
from components.data.quarantine_reasons import SourceReason
from components.errors import InputError
from components.labels.states import ABSENT, PRESENT, UNKNOWN
from pipelines.prepare.sources.collector import RecordCollector
from pipelines.prepare.sources.encodings import state_table
from pipelines.prepare.sources.records import SourceRecords
from pipelines.prepare.sources.separators import SeparatorWatch
from pipelines.prepare.sources.splits import split_of
from pipelines.prepare.sources.table_columns import (
    ask_for_labels,
    column_roles,
    image_columns,
    labels_explained,
)
from pipelines.prepare.sources.table_rows import Row, RowTable, read_csv, read_parquet
from pipelines.prepare.sources.written_states import StateReader
from project.settings.source import SourceSettings


@dataclass(slots=True)
class _Gathered:
    """What the rows of one image add up to."""

    image: str
    where: str
    example_id: str | None = None
    cells: dict[str, int] = field(default_factory=dict)
    captions: list[str] = field(default_factory=list)
    split: Split | None = None


class _TableReader:
    """Reads one table, once its columns have been given their roles."""

    def __init__(self, source: SourceSettings, table: RowTable, collector: RecordCollector) -> None:
        self.source = source
        self.table = table
        self.collector = collector
        self.roles = column_roles(source, table.columns)
        # Sentences hold commas.
        self.caption_separator = None if source.separator == "," else source.separator
        self.states = StateReader(state_table(source.encoding), collector)
        taken = set(self.roles.values())
        free = [name for name in table.columns if name and name not in taken]
        listed = source.label_columns
        self.label_columns = free if listed is None else list(listed)
        self.other_columns = [name for name in free if name not in self.label_columns]

    def read(self) -> SourceRecords:
        if "" in self.table.columns:
            self.collector.fault(SourceReason.EMPTY_LABEL, "a column without a name was left out")
        if "label" in self.roles:
            names = self._read_cells()
        elif "labels" in self.roles:
            names = self._read_lists()
        else:
            names = self._read_wide()
        self.states.finish()
        return self.collector.finish(names)

    def _read_wide(self) -> list[str]:
        for where, row in self.table.rows:
            if (gathered := self._start(where, row)) is None:
                continue
            for name in self.label_columns:
                state = self.states.read(row[name], where, name)
                if state != UNKNOWN:
                    gathered.cells[name] = state
            self._add(gathered, UNKNOWN)
        if self.source.label_columns is None:
            ask_for_labels(self.source, self.label_columns, self.states)
        self.collector.labels_from = labels_explained(self.source, self.other_columns)
        return self.label_columns

    def _read_lists(self) -> list[str]:
        names: set[str] = set()
        rest = ABSENT if self.source.exhaustive else UNKNOWN
        column, separator = self.roles["labels"], self.source.separator
        watch = SeparatorWatch(self.source, column, one_a_row=False)
        for where, row in self.table.rows:
            if (gathered := self._start(where, row)) is None:
                continue
            if not isinstance(row[column], list) and (text := _text(row[column])):
                watch.see(text, where)
            present = _several(row[column], separator)
            gathered.cells = dict.fromkeys(present, PRESENT)
            names.update(present)
            self._add(gathered, rest)
        watch.finish()
        apart = f", separated by {separator!r}" if separator else ""
        self.collector.labels_from = f"the names in the column {column!r}{apart}"
        return sorted(names)

    def _read_cells(self) -> list[str]:
        names: set[str] = set()
        images: dict[str, _Gathered] = {}
        column, state_column = self.roles["label"], self.roles.get("state")
        watch = SeparatorWatch(self.source, column, one_a_row=True)
        for where, row in self.table.rows:
            started = self._start(where, row)
            if started is None:
                continue
            gathered = images.setdefault(started.example_id or started.image, started)
            if gathered.image != started.image:
                self.collector.fault(
                    SourceReason.DUPLICATE_ID,
                    f"{where} gives the id {started.example_id!r} to a second image",
                    path=started.image,
                    example_id=started.example_id or "",
                )
                continue
            gathered.captions.extend(
                text for text in started.captions if text not in gathered.captions
            )
            gathered.split = gathered.split or started.split
            name = _text(row[column])
            if not name:
                self.collector.fault(SourceReason.EMPTY_LABEL, f"{where} names no label")
                continue
            names.add(name)
            watch.see(name, where)
            state = PRESENT
            if state_column is not None:
                state = self.states.read(row[state_column], where, name)
            self._merge(gathered, name, state, where)
        watch.finish()
        said = f", with states in {state_column!r}" if state_column else ""
        self.collector.labels_from = f"the names in the column {column!r}{said}"
        rest = ABSENT if self.source.exhaustive else UNKNOWN
        for gathered in images.values():
            self._add(gathered, rest)
        return sorted(names)

    def _merge(self, gathered: _Gathered, name: str, state: int, where: str) -> None:
        old = gathered.cells.get(name, UNKNOWN)
        if UNKNOWN in (old, state) or old == state:
            gathered.cells[name] = old or state
            return
        gathered.cells[name] = UNKNOWN
        self.collector.fault(
            SourceReason.CONFLICTING_LABEL,
            f"{where} contradicts an earlier row on {name!r}; the cell was made unknown",
            path=gathered.image,
            example_id=gathered.example_id or gathered.image,
        )

    def _start(self, where: str, row: Row) -> _Gathered | None:
        image = _text(row[self.roles["image"]])
        if not image:
            self.collector.fault(SourceReason.BAD_ROW, f"{where} names no image")
            return None
        values = {role: row[column] for role, column in self.roles.items()}
        return _Gathered(
            image=image,
            where=where,
            example_id=_text(values.get("id")) or None,
            captions=_several(values.get("caption"), self.caption_separator),
            split=split_of(values.get("split")),
        )

    def _add(self, gathered: _Gathered, rest: int) -> None:
        self.collector.add(
            image=gathered.image,
            example_id=gathered.example_id,
            where=gathered.where,
            cells=gathered.cells,
            rest=rest,
            captions=gathered.captions,
            split=gathered.split,
        )


def read(source: SourceSettings, root: Path) -> SourceRecords:
    """Read a CSV, TSV or Parquet file of labels."""
    if source.annotations is None:
        raise InputError(f"A {source.kind} source needs source.annotations: the table's file.")
    collector = RecordCollector(source.images, source.annotations)
    path = root / source.annotations
    if source.kind == "parquet":
        table = read_parquet(path)
    else:
        table = read_csv(path, collector, image_columns(source))
    return _TableReader(source, table, collector).read()


def _several(value: Any, separator: str | None) -> list[str]:
    parts = value if isinstance(value, list) else _text(value).split(separator or "\0")
    return list(dict.fromkeys(text for part in parts if (text := _text(part))))


def _text(value: Any) -> str:
    return "" if value is None else str(value).strip()
