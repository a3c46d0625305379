"""Proposals on disk: one row a proposed cell, with the evidence for it."""

# pyarrow.compute makes its functions when it is imported, unseen by type checkers.
# pyright: reportAttributeAccessIssue=false

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from jaxtyping import Float32, Int8, Int32, Int64

from components.errors import ArtefactError
from components.labels.states import Provenance
from components.labels.tables import LABEL_SCHEMA

BOX = ("x0", "y0", "x1", "y1")
NEAREST = pa.list_(pa.struct([("example_id", pa.string()), ("similarity", pa.float32())]))
PROPOSAL_SCHEMA = pa.schema(
    [
        *LABEL_SCHEMA,
        ("score", pa.float32()),
        ("rank", pa.int32()),
        *((name, pa.float32()) for name in BOX),
        ("nearest", NEAREST),
        ("split", pa.string()),
        ("method", pa.string()),
        ("method_version", pa.string()),
        ("fold", pa.int16()),
        ("created", pa.string()),
    ]
)
"""``rank``, box and ``nearest`` are empty for cells proposed absent, ``score`` where no label
makes scores probabilities, ``fold`` for images that no model was trained on."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ProposedBy:
    """Who proposes, and when."""

    method: str
    method_version: str
    created: str
    """The day, as 2026-01-31."""


def proposal_rows(
    *,
    example_ids: pa.Array,
    labels: pa.Array,
    states: Int8[np.ndarray, " rows"],
    scores: Float32[np.ndarray, " rows"] | None,
    places: Int64[np.ndarray, " rows"],
    ranks: Int32[np.ndarray, " present"],
    boxes: Float32[np.ndarray, "present 4"],
    nearest: Int32[np.ndarray, "present nearest"],
    similarities: Float32[np.ndarray, "present nearest"],
    known_ids: pa.Array,
    folds: Int64[np.ndarray, " rows"],
    splits: Sequence[str],
    by: ProposedBy,
) -> pa.Table:
    """Rows of :data:`PROPOSAL_SCHEMA`.

    Args:
        example_ids: Of each row.
        labels: Names.
        states: +1 or -1.
        scores: Probabilities; None where there are none.
        places: Of each row among the cells proposed present; -1 for the others.
        ranks: Of the cells proposed present.
        boxes: The same; NaN for none.
        nearest: Places in ``known_ids``; -1 for none.
        similarities: Of those.
        known_ids: Training images.
        folds: Part of each image; negative for none.
        splits: Of each image.
        by: Who proposes.
    """
    count = len(states)
    present = places >= 0
    chosen = np.maximum(places, 0)

    def some(values: np.ndarray, kind: pa.DataType) -> pa.Array:
        taken = values[chosen] if len(values) else np.zeros(count, values.dtype)
        return pa.array(taken, kind, mask=~present | np.isnan(taken.astype(np.float64)))

    columns = [
        example_ids,
        labels,
        pa.array(states, pa.int8()),
        pa.repeat(pa.scalar(str(Provenance.PSEUDO)), count),
        pa.nulls(count, pa.float32()) if scores is None else pa.array(scores, pa.float32()),
        some(ranks, pa.int32()),
        *(some(boxes[:, side], pa.float32()) for side in range(len(BOX))),
        _nearest(places, nearest, similarities, known_ids),
        pa.array(splits, pa.string()),
        pa.repeat(pa.scalar(by.method), count),
        pa.repeat(pa.scalar(by.method_version), count),
        pa.array(folds.astype(np.int16), pa.int16(), mask=folds < 0),
        pa.repeat(pa.scalar(by.created), count),
    ]
    return pa.table(columns, schema=PROPOSAL_SCHEMA)


def _nearest(
    places: np.ndarray, nearest: np.ndarray, similarities: np.ndarray, known_ids: pa.Array
) -> pa.Array:
    """A list a row, empty where nothing speaks for it."""
    width = nearest.shape[1]
    found = np.full((len(places), width), -1, np.int32)
    values = np.zeros(found.shape, np.float32)
    present = places >= 0
    found[present], values[present] = nearest[places[present]], similarities[places[present]]
    kept = found >= 0
    offsets = np.r_[0, np.cumsum(kept.sum(axis=1))].astype(np.int32)
    items = pa.StructArray.from_arrays(
        [known_ids.take(pa.array(found[kept])), pa.array(values[kept], pa.float32())],
        fields=list(NEAREST.value_type),
    )
    return pa.ListArray.from_arrays(pa.array(offsets), items).cast(NEAREST)


def read_proposals(path: Path) -> pa.Table:
    """The proposals that the stage pseudo_label wrote.

    Raises:
        ArtefactError: If there are none, or they are damaged or of an earlier version.
    """
    if not path.exists():
        raise ArtefactError(f"{path} does not exist; run `efuda run pseudo_label` first.")
    try:
        return pq.read_table(path).cast(PROPOSAL_SCHEMA)
    except (pa.ArrowInvalid, ValueError, KeyError) as fault:
        raise ArtefactError(
            f"{path} is not a table of proposals of this version ({fault}); run "
            "`efuda run --force pseudo_label`."
        ) from None
