"""From parts to one file of tags: CSV, Parquet or JSON lines, one part in memory at a time."""

import csv
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from components.errors import InputError
from components.labels.hierarchy import NO_PARENTS, Hierarchy

SUFFIXES = (".csv", ".parquet", ".jsonl")
LONG_SCHEMA = pa.schema(
    [
        ("image", pa.string()),
        ("label", pa.string()),
        ("probability", pa.float64()),
        ("threshold", pa.float64()),
        ("present", pa.bool_()),
        ("bundle", pa.string()),
    ]
)
_WIDE_COLUMNS = ("image", "present", "bundle")
Row = dict[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class TagTable:
    """How tags are laid out.

    Attributes:
        labels: The names, in the order of the probabilities.
        thresholds: A tag is present from its threshold on.
        bundle: The bundle's version.
        top_k: How many tags a picture at least, most probable first; a present one is never
            left out. None takes all.
        is_wide: One row a picture, one column a label.
        hierarchy: Which labels imply which; a present tag brings along what it implies.
    """

    labels: Sequence[str]
    thresholds: Sequence[float]
    bundle: str
    top_k: int | None
    is_wide: bool
    hierarchy: Hierarchy = NO_PARENTS

    @property
    def schema(self) -> pa.Schema:
        """Of the rows."""
        if not self.is_wide:
            return LONG_SCHEMA
        columns = [(label, pa.float64()) for label in self.labels]
        start = [
            ("image", pa.string()),
            ("present", pa.list_(pa.string())),
            ("bundle", pa.string()),
        ]
        return pa.schema([*start, *columns])

    def rows(self, image: str, probabilities: Sequence[float]) -> Iterator[Row]:
        """The rows of a picture."""
        values, limits = np.asarray(probabilities), np.asarray(self.thresholds)
        order = np.argsort(-values, kind="stable")
        given = self.hierarchy.closed((values >= limits)[None])[0]
        if self.is_wide:
            present = [self.labels[column] for column in order if given[column]]
            yield {
                "image": image,
                "present": present,
                "bundle": self.bundle,
                **dict(zip(self.labels, values.tolist(), strict=True)),
            }
            return
        count = len(order) if self.top_k is None else self.top_k
        for place, column in enumerate(order):
            if place < count or given[column]:
                yield {
                    "image": image,
                    "label": self.labels[column],
                    "probability": float(values[column]),
                    "threshold": float(limits[column]),
                    "present": bool(given[column]),
                    "bundle": self.bundle,
                }


def check_wide(labels: Sequence[str]) -> None:
    """Refuse a wide table in which a label would be taken for another column.

    Raises:
        InputError: Naming it.
    """
    for name in _WIDE_COLUMNS:
        if name in labels:
            raise InputError(
                f"With --wide there would be two columns {name!r}, since a label is called so; "
                "leave --wide out."
            )


def write_tags(path: Path, table: TagTable, pictures: Iterable[Sequence[Mapping[str, Any]]]) -> int:
    """Write the tags of pictures, a part at a time; returns how many pictures there were.

    Args:
        path: Its suffix says the format.
        table: How tags are laid out.
        pictures: Rows of parts that have probabilities.
    """
    match path.suffix:
        case ".parquet":
            return _write_parquet(path, table, pictures)
        case ".jsonl":
            return _write_json_lines(path, table, pictures)
        case _:
            return _write_csv(path, table, pictures)


def _write_parquet(path: Path, table: TagTable, pictures: Iterable[Any]) -> int:
    count = 0
    with pq.ParquetWriter(path, table.schema, compression="zstd") as file:
        for part in pictures:
            count += len(part)
            rows = [
                row for each in part for row in table.rows(each["image"], each["probabilities"])
            ]
            file.write_table(pa.Table.from_pylist(rows, schema=table.schema))
    return count


def _write_csv(path: Path, table: TagTable, pictures: Iterable[Any]) -> int:
    count = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(table.schema.names)
        for part in pictures:
            count += len(part)
            for each in part:
                for row in table.rows(each["image"], each["probabilities"]):
                    out.writerow([_in_csv(value) for value in row.values()])
    return count


def _in_csv(value: object) -> object:
    if isinstance(value, bool | list):
        return json.dumps(value, ensure_ascii=False)
    return value


def _write_json_lines(path: Path, table: TagTable, pictures: Iterable[Any]) -> int:
    count = 0
    with path.open("w", encoding="utf-8") as file:
        for part in pictures:
            count += len(part)
            for each in part:
                rows = list(table.rows(each["image"], each["probabilities"]))
                told = rows[0] if table.is_wide else _nested(each["image"], rows, table)
                file.write(json.dumps(told, ensure_ascii=False) + "\n")
    return count


def _nested(image: str, rows: Sequence[Row], table: TagTable) -> Row:
    names = ("label", "probability", "threshold", "present")
    tags = [{name: row[name] for name in names} for row in rows]
    return {"image": image, "bundle": table.bundle, "tags": tags}
