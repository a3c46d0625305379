"""CSV and Parquet, one row a cell, which say all three states."""

import csv
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from components.exports.label_export import STATE_WORDS, LabelExport, Written

_COLUMNS = ("image", "id", "split", "label", "state")
_ROWS_AT_ONCE = 65_536
_Row = tuple[str, str, str, str, str]


def write_csv(export: LabelExport, out: Path) -> Written:
    """Write ``labels.csv``."""
    with (out / "labels.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(_COLUMNS)
        rows.writerows(_rows(export))
    return Written("labels.csv")


def write_parquet(export: LabelExport, out: Path) -> Written:
    """Write ``labels.parquet``."""
    schema = pa.schema([(name, pa.string()) for name in _COLUMNS])
    with pq.ParquetWriter(out / "labels.parquet", schema, compression="zstd") as file:
        for rows in _groups(_rows(export)):
            columns = [pa.array(column, pa.string()) for column in zip(*rows, strict=True)]
            file.write_table(pa.table(columns, schema=schema))
    return Written("labels.parquet")


def _rows(export: LabelExport) -> Iterator[_Row]:
    """The known cells; first a row that names each label of which none is known."""
    known = (export.states != 0).any(axis=0)
    unheard = [
        label for label, any_known in zip(export.labels, known, strict=True) if not any_known
    ]
    for row, image in enumerate(export.images):
        start = (image.image, image.id, image.split)
        if row == 0:
            yield from ((*start, label, STATE_WORDS[0]) for label in unheard)
        for column in np.flatnonzero(export.states[row]):
            state = STATE_WORDS[int(export.states[row, column])]
            yield (*start, export.labels[column], state)


def _groups(rows: Iterator[_Row]) -> Iterator[list[_Row]]:
    group: list[_Row] = []
    for row in rows:
        group.append(row)
        if len(group) == _ROWS_AT_ONCE:
            yield group
            group = []
    if group:
        yield group
