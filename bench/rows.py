"""One row of the bench: a cell, and what came of it."""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from bench.protocols import HoldoutKind
from components.atomic import read_json, write_json, write_text
from components.errors import ArtefactError

SCHEMA_VERSION = 2
NOT_APPLICABLE = "not applicable: "


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class Cell:
    """One thing to measure."""

    world: str
    protocol: str
    method: str
    seed: int
    holdout: HoldoutKind = "observed"


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """A cell's figures; ``status`` is ``ok``, or says why the method does not apply."""

    cell: Cell
    key: str
    code: str
    """Hash of the code that learned it."""
    split_hash: str
    encoder: str
    mask_hash: str = ""
    status: str = "ok"
    metrics: dict[str, float] = field(default_factory=dict)
    holdout_score: float = 0.0
    best_epoch: int = 0
    settings: dict[str, Any] = field(default_factory=dict)
    """What the method chose on the hold-out."""
    tried: list[dict[str, Any]] = field(default_factory=list)
    """The settings of all its attempts."""
    seconds: float = 0.0
    core_seconds: float = 0.0
    """Of processor time, which other work on the machine does not lengthen."""
    features: str = "cached"
    """cached: heads on frozen vectors; end-to-end: the encoder learned too."""

    @property
    def is_ok(self) -> bool:
        return self.status == "ok"

    def as_json(self) -> dict[str, Any]:
        """Plain values, NaN as null, the cell's parts first."""
        values = asdict(self)
        cell = values.pop("cell")
        metrics = {name: _finite(value) for name, value in self.metrics.items()}
        score = _finite(self.holdout_score)
        return {
            "schema_version": SCHEMA_VERSION,
            **cell,
            **values,
            "metrics": metrics,
            "holdout_score": score,
        }


def row_key(cell: Cell, identity: dict[str, Any], code: str) -> str:
    """Sixteen hex digits over all that a row depends on."""
    text = json.dumps([asdict(cell), identity, code], sort_keys=True)
    return sha256(text.encode()).hexdigest()[:16]


def row_path(out: Path, key: str) -> Path:
    return out / "rows" / f"{key}.json"


def scores_path(out: Path, key: str) -> Path:
    """Test logits and drawn figures of a row."""
    return out / "scores" / f"{key}.npz"


def write_row(out: Path, row: Row) -> None:
    """Write one row, whole or not at all."""
    write_json(row_path(out, row.key), row.as_json())


def read_row(path: Path) -> Row:
    """Read what :func:`write_row` wrote.

    Raises:
        ArtefactError: If it is no row.
    """
    values = read_json(path)
    try:
        if values.pop("schema_version") != SCHEMA_VERSION:
            raise KeyError("schema_version")
        cell = Cell(**{name: values.pop(name) for name in Cell.__slots__})
        metrics = {name: _number(value) for name, value in values.pop("metrics").items()}
        score = _number(values.pop("holdout_score"))
        return Row(cell=cell, metrics=metrics, holdout_score=score, **values)
    except (AttributeError, KeyError, TypeError) as fault:
        raise ArtefactError(f"{path} is no row of the bench ({fault}); delete it.") from None


def find_rows(out: Path, keys: Iterable[str]) -> list[Row]:
    """The finished rows among ``keys``, in their order."""
    return [read_row(path) for key in keys if (path := row_path(out, key)).exists()]


def finished_by_any_code(
    out: Path, cells: Sequence[Cell], split_hashes: Mapping[str, str]
) -> dict[Cell, Row]:
    """Finished rows of ``cells`` whatever code made them; the newest of each.

    Args:
        out: The bench's directory.
        cells: What is asked for.
        split_hashes: Of each world as it is now; rows of other splits do not count.
    """
    wanted = set(cells)
    paths = sorted((out / "rows").glob("*.json"), key=lambda path: path.stat().st_mtime_ns)
    rows = [row for row in map(read_row, paths) if row.cell in wanted]
    return {row.cell: row for row in rows if row.split_hash == split_hashes[row.cell.world]}


def write_json_lines(path: Path, rows: Sequence[Row]) -> None:
    """One JSON object a row."""
    lines = [json.dumps(row.as_json(), ensure_ascii=False, allow_nan=False) for row in rows]
    write_text(path, "\n".join(lines) + "\n" if lines else "")


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)
