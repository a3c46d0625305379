"""Rows of CSV, TSV and Parquet files, each with the place a person finds it at."""

import csv
import io
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from components.data.quarantine_reasons import SourceReason
from components.errors import InputError
from pipelines.prepare.sources.collector import RecordCollector
from pipelines.prepare.sources.text_files import read_text

Row = Mapping[str, Any]
_DELIMITERS = (",", ";", "\t", "|")


@dataclass(frozen=True, slots=True)
class RowTable:
    """Column names, and the rows one at a time as (place, values)."""

    columns: Sequence[str]
    rows: Iterator[tuple[str, Row]]


def read_csv(path: Path, collector: RecordCollector, image_columns: Collection[str]) -> RowTable:
    """Open a CSV file, or a TSV file by its suffix.

    Columns may also be separated by ``;``, a tab or ``|``, where the first line then has a
    column for the image and has none with commas; a note tells so. Rows with too few or too
    many fields are set aside.

    Args:
        path: The file.
        collector: Takes faults and notes.
        image_columns: Names, in lower case, that the column of images may have.

    Raises:
        InputError: If the text is not UTF-8 or the header is missing or
            names a column twice.
    """
    text = read_text(path)
    delimiter = "\t"
    if path.suffix.lower() not in (".tsv", ".tab"):
        delimiter = _delimiter(text, image_columns)
        if delimiter != ",":
            shown = "a tab" if delimiter == "\t" else repr(delimiter)
            collector.notes.append(f"The columns of {path.name} are separated by {shown}.")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        columns = [name.strip() for name in next(reader)]
    except csv.Error as fault:
        raise InputError(
            f"{path}, line 1: {fault}; the first line must name the columns."
        ) from None
    _check_columns(columns, path)
    return RowTable(columns, _csv_rows(reader, columns, collector))


def _delimiter(text: str, image_columns: Collection[str]) -> str:
    header = text.split("\n", 1)[0]
    for delimiter in _DELIMITERS:
        names = [name.strip(' "\r').lower() for name in header.split(delimiter)]
        # A single column says nothing about what separates it from others.
        if len(names) > 1 and any(name in image_columns for name in names):
            return delimiter
    return ","


def read_parquet(path: Path) -> RowTable:
    """Open a Parquet file.

    Raises:
        InputError: If the file is missing or is not Parquet, for example cut off.
    """
    if not path.is_file():
        raise InputError(f"{path} does not exist; correct its path in params.yaml.")
    try:
        file = pq.ParquetFile(path)
    except (pa.ArrowInvalid, OSError) as fault:
        raise InputError(
            f"{path} is not a whole Parquet file ({fault}); it may be cut off. Write it again."
        ) from None
    columns = [str(name) for name in file.schema_arrow.names]
    _check_columns(columns, path)
    return RowTable(columns, _parquet_rows(file))


def _check_columns(columns: Sequence[str], path: Path) -> None:
    twice = sorted({name for name in columns if name and columns.count(name) > 1})
    if twice:
        raise InputError(f"{path} names the column {twice[0]!r} twice; rename or remove one.")


def _csv_rows(
    reader: Any, columns: Sequence[str], collector: RecordCollector
) -> Iterator[tuple[str, Row]]:
    while True:
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as fault:
            # Usually a quote that is never closed: nothing after it can be trusted.
            collector.fault(
                SourceReason.BAD_ROW,
                f"line {reader.line_num}: {fault}; what follows was not read",
            )
            return
        place = f"line {reader.line_num}"
        if not any(field.strip() for field in fields):
            continue
        if len(fields) != len(columns):
            collector.fault(
                SourceReason.BAD_ROW,
                f"{place} has {len(fields)} fields, the header has {len(columns)}",
            )
            continue
        yield place, dict(zip(columns, fields, strict=True))


def _parquet_rows(file: pq.ParquetFile) -> Iterator[tuple[str, Row]]:
    number = 0
    for batch in file.iter_batches():
        for row in batch.to_pylist():
            number += 1
            yield f"row {number}", row
