"""What is known of each cell: by the source, by people, less what is hidden."""

# pyarrow.compute makes its functions when it is imported, unseen by type checkers.
# pyright: reportAttributeAccessIssue=false

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from components.data.examples import Example, Quarantined
from components.data.quarantine_reasons import SourceReason
from components.labels.hiding import Hiding, hide
from components.labels.matrix import LabelMatrix
from components.labels.protocols import parse_protocol
from components.labels.states import UNKNOWN, Provenance
from components.labels.tables import LABEL_SCHEMA, matrix_to_table, read_labels, table_to_matrix
from project.settings.source import HideSettings


@dataclass(frozen=True, kw_only=True, slots=True)
class KnownLabels:
    """Cells that stages may learn from, and cells that only an audit may see."""

    known: pa.Table
    hidden: pa.Table
    matrix: LabelMatrix
    """The known cells of every example."""
    num_reviewed: int = 0
    hiding: Hiding | None = None
    faults: Sequence[Quarantined] = field(default=())


def known_labels(
    observed: LabelMatrix,
    examples: Sequence[Example],
    settings: HideSettings | None,
    reviewed_path: Path,
    drawn_over: LabelMatrix | None = None,
) -> KnownLabels:
    """Hide observed cells by the settings, then let reviewed ones override.

    A reviewed cell is never hidden: a person's answer given later counts even
    where the protocol had hidden the observed one. Sketches are not hidden
    from, since a protocol is about the labels of photographs.

    Args:
        observed: Every example's cells as the source has them.
        examples: In the order of ``observed``.
        settings: None hides nothing.
        reviewed_path: Cells decided by people, if the file exists.
        drawn_over: The whole training list in its order, which masks of released
            code are drawn over; None takes the rows that are hidden from.
    """
    kept, hidden = observed.states.copy(), np.zeros_like(observed.states)
    hiding = None
    if settings is not None:
        rows, hiding = _hide(observed, examples, settings, drawn_over)
        kept[rows], hidden[rows] = hiding.kept.states, hiding.hidden.states
    reviewed, decided, faults = _reviewed(reviewed_path, observed)
    kept[decided] = UNKNOWN
    hidden[decided] = UNKNOWN
    vocabulary = observed.vocabulary
    tables = [
        matrix_to_table(LabelMatrix(observed.example_ids, vocabulary, kept), Provenance.OBSERVED),
        matrix_to_table(reviewed, Provenance.REVIEWED),
    ]
    matrix = LabelMatrix(observed.example_ids, vocabulary, np.where(decided, reviewed.states, kept))
    return KnownLabels(
        known=pa.concat_tables(tables),
        hidden=matrix_to_table(LabelMatrix(observed.example_ids, vocabulary, hidden)),
        matrix=matrix,
        num_reviewed=int(decided.sum()),
        hiding=hiding,
        faults=faults,
    )


def _hide(
    observed: LabelMatrix,
    examples: Sequence[Example],
    settings: HideSettings,
    drawn_over: LabelMatrix | None,
) -> tuple[np.ndarray, Hiding]:
    """Which rows the protocol was applied to, and what it did there."""
    rows = np.array(
        [ex.split in settings.splits and ex.modality == "photo" for ex in examples], dtype=bool
    )
    chosen = [example.id for example, row in zip(examples, rows, strict=True) if row]
    protocol = parse_protocol(settings.protocol)
    labels = observed.select(chosen)
    return rows, hide(labels, protocol, seed=settings.seed, drawn_over=drawn_over)


def _reviewed(
    path: Path, observed: LabelMatrix
) -> tuple[LabelMatrix, np.ndarray, list[Quarantined]]:
    """Reviewed states, which cells were decided, and what could not be placed."""
    vocabulary = observed.vocabulary
    table = read_labels(path) if path.exists() else LABEL_SCHEMA.empty_table()
    has_label = pc.is_in(table["label"], pa.array(vocabulary.names, pa.string()))
    has_example = pc.is_in(table["example_id"], pa.array(observed.example_ids, pa.string()))
    faults = [
        Quarantined(
            path=str(path),
            reason=reason,
            detail=f"{lost} reviewed cell(s) name {what}; they were left out",
        )
        for reason, what, mask in (
            (SourceReason.UNKNOWN_LABEL, "labels outside the vocabulary", has_label),
            (SourceReason.UNKNOWN_IMAGE, "images that are not in the set", has_example),
        )
        if (lost := table.num_rows - int(pc.sum(mask).as_py() or 0))
    ]
    usable = table.filter(pc.and_(has_label, has_example))
    reviewed = table_to_matrix(usable, observed.example_ids, vocabulary)
    # A person may also decide that a cell cannot be known: state 0.
    ones = usable.set_column(2, LABEL_SCHEMA.field(2), pa.array([1] * usable.num_rows, pa.int8()))
    decided = table_to_matrix(ones, observed.example_ids, vocabulary).known
    return reviewed, decided, faults
