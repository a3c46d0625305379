"""Examples and what was set aside, as tables on disk."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import pyarrow as pa
import pyarrow.parquet as pq

from components.atomic import atomic_path
from components.errors import ArtefactError

Split = Literal["train", "val", "test"]
Modality = Literal["photo", "sketch"]
SPLITS: tuple[Split, ...] = get_args(Split)

EXAMPLE_SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("path", pa.string()),
        ("content_hash", pa.string()),
        ("split", pa.string()),
        ("modality", pa.string()),
        ("captions", pa.list_(pa.string())),
        ("width", pa.int32()),
        ("height", pa.int32()),
    ]
)
QUARANTINE_SCHEMA = pa.schema(
    [
        ("path", pa.string()),
        ("example_id", pa.string()),
        ("reason", pa.string()),
        ("detail", pa.string()),
    ]
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Example:
    """One image: where it lies, what its bytes are, and which split it is in."""

    id: str
    path: str
    content_hash: str
    split: Split
    modality: Modality = "photo"
    captions: tuple[str, ...] = ()
    width: int = 0
    height: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Quarantined:
    """A row or an image set aside: ``reason`` is one word, ``detail`` a sentence."""

    path: str
    reason: str
    detail: str
    example_id: str = ""


def _write(path: Path, rows: list[dict[str, object]], schema: pa.Schema) -> None:
    with atomic_path(path) as temporary:
        pq.write_table(pa.Table.from_pylist(rows, schema=schema), temporary, compression="zstd")


def _read(path: Path, schema: pa.Schema) -> pa.Table:
    if not path.exists():
        raise ArtefactError(f"{path} does not exist; run `efuda run prepare` first.")
    try:
        return pq.read_table(path).cast(schema)
    except (pa.ArrowInvalid, ValueError, KeyError) as fault:
        raise ArtefactError(f"{path} cannot be read as a table of this kind: {fault}") from None


def write_examples(path: Path, examples: Iterable[Example]) -> None:
    """Write examples sorted by id, so that equal sets give equal bytes."""
    rows = [asdict(example) for example in sorted(examples, key=lambda example: example.id)]
    _write(path, rows, EXAMPLE_SCHEMA)


def read_example_table(path: Path) -> pa.Table:
    """What :func:`write_examples` wrote, as a table; its columns are the fields of an example.

    Raises:
        ArtefactError: If the file is missing or has other columns.
    """
    return _read(path, EXAMPLE_SCHEMA)


def read_examples(path: Path) -> list[Example]:
    """Read what :func:`write_examples` wrote, in the same order."""
    return [_example(**row) for row in read_example_table(path).to_pylist()]


def _example(captions: Sequence[str] | None, **columns: Any) -> Example:
    return Example(captions=tuple(captions or ()), **columns)


def write_quarantine(path: Path, rows: Iterable[Quarantined]) -> None:
    """Write what was set aside; an empty table when nothing was."""
    _write(path, [asdict(row) for row in rows], QUARANTINE_SCHEMA)


def read_quarantine_table(path: Path) -> pa.Table:
    """What :func:`write_quarantine` wrote, as a table.

    Raises:
        ArtefactError: If the file is missing or has other columns.
    """
    return _read(path, QUARANTINE_SCHEMA)


def read_quarantine(path: Path) -> list[Quarantined]:
    """Read what :func:`write_quarantine` wrote."""
    return [Quarantined(**row) for row in read_quarantine_table(path).to_pylist()]
