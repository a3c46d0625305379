"""CSV and Parquet: one row an image, or one row a cell.

The columns tell which. ``image, label, state`` (or ``image, label``) is one
row a cell; a column ``labels`` holds the names of the labels present, separated;
otherwise every column without another role is a label.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

from components.data.examples import Split
from components.data.quarantine_reasons import SourceReason
from components.errors import InputError
from components.labels.states import ABSENT, PRESENT, UNKNOWN
from pipelines.prepare.sources.collector import RecordCollector
from pipelines.prepare.sources.encodings import state_table
from pipelines.prepare.sources.records import SourceRecords
from pipelines.prepare.sources.splits import split_of
from pipelines.prepare.sources.table_rows import Row, RowTable, read_csv, read_parquet
from pipelines.prepare.sources.written_states import StateReader
from project.settings.source import ColumnRole, SourceSettings

_USUAL_NAMES: Mapping[ColumnRole, tuple[str, ...]] = {
    "image": ("image", "file_name", "filename", "path", "file"),
    "id": ("id", "example_id", "image_id"),
    "split": ("split",),
    "caption": ("caption", "captions"),
    "labels": ("labels", "tags"),
    "label": ("label",),
    "state": ("state",),
}


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
        self.roles = _roles(source, table.columns)
        self.states = StateReader(state_table(source.encoding), collector)
        taken = set(self.roles.values())
        self.label_columns = [name for name in table.columns if name and name not in taken]

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
        return self.label_columns

    def _read_lists(self) -> list[str]:
        names: set[str] = set()
        rest = ABSENT if self.source.exhaustive else UNKNOWN
        for where, row in self.table.rows:
            if (gathered := self._start(where, row)) is None:
                continue
            present = self._several(row[self.roles["labels"]])
            gathered.cells = dict.fromkeys(present, PRESENT)
            names.update(present)
            self._add(gathered, rest)
        return sorted(names)

    def _read_cells(self) -> list[str]:
        names: set[str] = set()
        images: dict[str, _Gathered] = {}
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
            name = _text(row[self.roles["label"]])
            if not name:
                self.collector.fault(SourceReason.EMPTY_LABEL, f"{where} names no label")
                continue
            names.add(name)
            state = PRESENT
            if "state" in self.roles:
                state = self.states.read(row[self.roles["state"]], where, name)
            self._merge(gathered, name, state, where)
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
            captions=self._several(values.get("caption")),
            split=split_of(values.get("split")),
        )

    def _several(self, value: Any) -> list[str]:
        parts = value if isinstance(value, list) else _text(value).split(self.source.separator)
        return list(dict.fromkeys(text for part in parts if (text := _text(part))))

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
    table = read_parquet(path) if source.kind == "parquet" else read_csv(path, collector)
    return _TableReader(source, table, collector).read()


def _roles(source: SourceSettings, columns: Any) -> dict[ColumnRole, str]:
    roles: dict[ColumnRole, str] = {}
    taken = set(source.columns.values())
    for role in get_args(ColumnRole):
        named = source.columns.get(role)
        if named is not None and named not in columns:
            raise InputError(
                f"source.columns.{role} names {named!r}, but the columns of "
                f"{source.annotations} are: {_shown(columns)}."
            )
        usual = (name for name in _USUAL_NAMES[role] if name in columns and name not in taken)
        found = named if named is not None else next(usual, None)
        if found is not None:
            roles[role] = found
    if "label" not in roles:
        roles.pop("state", None)
    if "image" not in roles:
        raise InputError(
            f"No column of {source.annotations} names the image; its columns are: "
            f"{_shown(columns)}. Set source.columns.image to one of them."
        )
    return roles


def _shown(columns: Any) -> str:
    listed = ", ".join(repr(name) for name in columns[:12])
    return listed if len(columns) <= 12 else f"{listed}, … ({len(columns)} in all)"


def _text(value: Any) -> str:
    return "" if value is None else str(value).strip()
