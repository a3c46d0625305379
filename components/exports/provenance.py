"""Who said what, beside an export, and a sheet in which people decide on proposals."""

# pyarrow.compute makes its functions when it is imported, unseen by type checkers.
# pyright: reportAttributeAccessIssue=false

from pathlib import Path
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as arrow_csv
import pyarrow.parquet as pq

from components.labels.states import Provenance

SHEET = "to_decide.csv"


def write_provenance(table: pa.Table, out: Path, kind: Literal["csv", "parquet"]) -> str:
    """Write one row an exported cell; returns the file's name."""
    name = f"provenance.{kind}"
    if kind == "parquet":
        pq.write_table(table, out / name, compression="zstd")
    else:
        arrow_csv.write_csv(table, out / name)
    return name


def write_sheet(table: pa.Table, out: Path) -> int:
    """Write the proposals with an empty state, surest first; returns how many there are."""
    proposed = table.filter(pc.equal(table["origin"], str(Provenance.PSEUDO)))
    proposed = proposed.sort_by([("label", "ascending"), ("probability", "descending")])
    empty = pa.repeat(pa.scalar(""), proposed.num_rows)
    sheet = pa.table(
        {
            "image": proposed["image"],
            "label": proposed["label"],
            "state": empty,
            "proposed": proposed["state"],
            "probability": proposed["probability"],
            "note": empty,
        }
    )
    arrow_csv.write_csv(sheet, out / SHEET)
    return proposed.num_rows
