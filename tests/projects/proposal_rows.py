"""Proposals as a test writes them: what it does not name is plain."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from components.labelers.proposal_table import PROPOSAL_SCHEMA

PLAIN: dict[str, Any] = {
    "provenance": "pseudo",
    "rank": 1,
    "x0": None,
    "y0": None,
    "x1": None,
    "y1": None,
    "nearest": [],
    "split": "train",
    "method": "vlpl",
    "method_version": "3",
    "fold": 0,
    "created": "2026-01-31",
}


def write_proposals(path: Path, rows: list[dict[str, Any]]) -> None:
    """Each row names example_id, label, state and score."""
    write_table(path, pa.Table.from_pylist([{**PLAIN, **row} for row in rows], PROPOSAL_SCHEMA))


def write_table(path: Path, table: pa.Table) -> None:
    """Sorted, as the stage writes it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    order = [("example_id", "ascending"), ("label", "ascending")]
    pq.write_table(table.cast(PROPOSAL_SCHEMA).sort_by(order), path)
