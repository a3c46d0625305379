"""Labels on disk: one row a known cell."""

# pyarrow.compute makes its functions when it is imported, unseen by type checkers.
# pyright: reportAttributeAccessIssue=false

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from components.atomic import atomic_path
from components.errors import ArtefactError
from components.labels.matrix import LabelMatrix
from components.labels.states import UNKNOWN, Provenance
from components.labels.vocabulary import Vocabulary

LABEL_SCHEMA = pa.schema(
    [
        ("example_id", pa.string()),
        ("label", pa.string()),
        ("state", pa.int8()),
        ("provenance", pa.string()),
    ]
)


def matrix_to_table(matrix: LabelMatrix, provenance: Provenance = Provenance.OBSERVED) -> pa.Table:
    """The known cells of ``matrix``, all of one provenance."""
    rows, columns = np.nonzero(matrix.states)
    ids = pa.array(matrix.example_ids, pa.string()).take(pa.array(rows))
    names = pa.array(matrix.vocabulary.names, pa.string()).take(pa.array(columns))
    states = pa.array(matrix.states[rows, columns], pa.int8())
    given = pa.repeat(pa.scalar(str(provenance)), len(rows))
    return pa.table([ids, names, states, given], schema=LABEL_SCHEMA)


def write_labels(path: Path, table: pa.Table) -> None:
    """Write known cells, sorted so that equal labels give equal bytes."""
    table = table.cast(LABEL_SCHEMA).sort_by([("example_id", "ascending"), ("label", "ascending")])
    with atomic_path(path) as temporary:
        pq.write_table(table, temporary, compression="zstd")


def read_labels(path: Path) -> pa.Table:
    """Read what :func:`write_labels` wrote; further columns are passed over.

    Raises:
        ArtefactError: If the file is missing or lacks a column.
    """
    if not path.exists():
        raise ArtefactError(f"{path} does not exist; run `efuda run prepare` first.")
    try:
        return pq.read_table(path, columns=LABEL_SCHEMA.names).cast(LABEL_SCHEMA)
    except (pa.ArrowInvalid, ValueError, KeyError) as fault:
        raise ArtefactError(f"{path} is not a table of labels: {fault}") from None


def table_to_matrix(
    table: pa.Table, example_ids: Sequence[str], vocabulary: Vocabulary
) -> LabelMatrix:
    """The cells of ``example_ids``; rows of other examples are left out.

    Raises:
        ArtefactError: If a row names a label outside the vocabulary.
    """
    states = np.full((len(example_ids), len(vocabulary)), UNKNOWN, dtype=np.int8)
    rows = pc.index_in(table["example_id"], pa.array(example_ids, pa.string()))
    columns = pc.index_in(table["label"], pa.array(vocabulary.names, pa.string()))
    if columns.null_count:
        stranger = table["label"].filter(pc.is_null(columns))[0].as_py()
        raise ArtefactError(f"The labels name {stranger!r}, which the vocabulary does not have.")
    wanted = pc.is_valid(rows)
    row_numbers = rows.filter(wanted).to_numpy()
    column_numbers = columns.filter(wanted).to_numpy()
    states[row_numbers, column_numbers] = table["state"].filter(wanted).to_numpy()
    return LabelMatrix(tuple(example_ids), vocabulary, states)


def read_matrix(path: Path, example_ids: Sequence[str], vocabulary: Vocabulary) -> LabelMatrix:
    """The labels of ``example_ids`` from a table on disk."""
    return table_to_matrix(read_labels(path), example_ids, vocabulary)
