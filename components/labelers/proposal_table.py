"""Proposals on disk: one row a proposed cell, with the evidence for it."""

# pyarrow.compute makes its functions when it is imported, unseen by type checkers.
# pyright: reportAttributeAccessIssue=false

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from jaxtyping import Int64

from components.atomic import atomic_path
from components.errors import ArtefactError
from components.labelers.proposals import Proposals
from components.labels.matrix import LabelMatrix
from components.labels.states import Provenance
from components.labels.tables import LABEL_SCHEMA

PROPOSAL_SCHEMA = pa.schema(
    [
        *LABEL_SCHEMA,
        ("score", pa.float32()),
        ("method", pa.string()),
        ("method_version", pa.string()),
        ("fold", pa.int16()),
        ("created", pa.string()),
    ]
)


def proposals_to_table(
    proposals: Proposals,
    labels: LabelMatrix,
    *,
    method: str,
    method_version: str,
    fold: Int64[np.ndarray, " examples"],
) -> pa.Table:
    """One row for each proposed cell, with today's date.

    ``fold`` is the part of the images that the model of a proposal had not seen.
    """
    rows, columns = np.nonzero(proposals.states)
    count = len(rows)
    created = datetime.now(UTC).date().isoformat()
    return pa.table(
        [
            pa.array(labels.example_ids, pa.string()).take(pa.array(rows)),
            pa.array(labels.vocabulary.names, pa.string()).take(pa.array(columns)),
            pa.array(proposals.states[rows, columns], pa.int8()),
            pa.repeat(pa.scalar(str(Provenance.PSEUDO)), count),
            pa.array(proposals.scores[rows, columns], pa.float32()),
            pa.repeat(pa.scalar(method), count),
            pa.repeat(pa.scalar(method_version), count),
            pa.array(fold[rows], pa.int16()),
            pa.repeat(pa.scalar(created), count),
        ],
        schema=PROPOSAL_SCHEMA,
    )


def write_proposals(path: Path, table: pa.Table) -> None:
    """Write proposals sorted by example and label."""
    table = table.sort_by([("example_id", "ascending"), ("label", "ascending")])
    with atomic_path(path) as temporary:
        pq.write_table(table, temporary, compression="zstd")


def read_proposals(path: Path) -> pa.Table:
    """Read what :func:`write_proposals` wrote."""
    if not path.exists():
        raise ArtefactError(f"{path} does not exist; run `efuda run pseudo_label` first.")
    try:
        return pq.read_table(path).cast(PROPOSAL_SCHEMA)
    except (pa.ArrowInvalid, ValueError, KeyError) as fault:
        raise ArtefactError(f"{path} is not a table of proposals: {fault}") from None


def proposals_by_state(table: pa.Table) -> dict[str, int]:
    """How many cells are proposed present, and how many absent."""
    return {
        "present": pc.sum(pc.equal(table["state"], 1)).as_py() or 0,
        "absent": pc.sum(pc.equal(table["state"], -1)).as_py() or 0,
    }
