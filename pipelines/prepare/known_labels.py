"""What is known of each cell: by the source, by people, less what is hidden."""

# pyarrow.compute makes its functions when it is imported, unseen by type checkers.
# pyright: reportAttributeAccessIssue=false

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from jaxtyping import Bool

from components.data.examples import Example, Quarantined
from components.data.quarantine_reasons import SourceReason
from components.labels.hiding import Hiding, hide
from components.labels.matrix import LabelMatrix
from components.labels.protocols import parse_protocol
from components.labels.states import UNKNOWN, Provenance
from components.labels.tables import LABEL_SCHEMA, matrix_to_table, read_labels, table_to_matrix
from pipelines.prepare.implied_labels import Family
from project.settings.source import HideSettings


@dataclass(frozen=True, kw_only=True, slots=True)
class KnownLabels:
    """Cells that stages may learn from, and cells that only an audit may see."""

    known: pa.Table
    hidden: pa.Table
    matrix: LabelMatrix
    """The known cells of every example."""
    num_reviewed: int = 0
    num_implied: int = 0
    """Cells that follow from others by the vocabulary's parents."""
    hiding: Hiding | None = None
    faults: Sequence[Quarantined] = field(default=())


def known_labels(
    observed: LabelMatrix,
    examples: Sequence[Example],
    settings: HideSettings | None,
    reviewed_path: Path,
    drawn_over: LabelMatrix | None = None,
    silent: Bool[np.ndarray, "examples labels"] | None = None,
) -> KnownLabels:
    """Hide observed cells by the settings, let reviewed ones override, and add what they imply.

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
        silent: Cells that are absent because the source does not mention them; None: none is.
    """
    reviewed, decided, faults = _reviewed(reviewed_path, observed)
    family = Family(observed.vocabulary, reviewed.states, decided)
    observed = replace(observed, states=family.without_empty_silence(observed.states, silent))
    kept, hidden = observed.states.copy(), np.zeros_like(observed.states)
    hiding = None
    if settings is not None:
        rows, hiding = _hide(observed, examples, settings, drawn_over)
        kept[rows], hidden[rows] = hiding.kept.states, hiding.hidden.states
    kept[decided] = UNKNOWN
    hidden[decided] = UNKNOWN
    known = {Provenance.OBSERVED: kept, Provenance.REVIEWED: reviewed.states}
    unseen = {Provenance.OBSERVED: hidden}
    states, num_implied = np.where(decided, reviewed.states, kept), 0
    if implied := family.implied(observed.states, kept):
        hidden[implied.known != UNKNOWN] = UNKNOWN
        known[Provenance.IMPLIED], unseen[Provenance.IMPLIED] = implied.known, implied.hidden
        states += implied.known
        num_implied = int((implied.known != UNKNOWN).sum())
    return KnownLabels(
        known=_table(observed, known),
        hidden=_table(observed, unseen),
        matrix=replace(observed, states=states),
        num_reviewed=int(decided.sum()),
        num_implied=num_implied,
        hiding=hiding,
        faults=[*faults, *family.contradictions(observed.states, examples)],
    )


def _table(labels: LabelMatrix, parts: Mapping[Provenance, np.ndarray]) -> pa.Table:
    """Known cells of each provenance; no cell is known by two."""
    return pa.concat_tables(
        [matrix_to_table(replace(labels, states=part), who) for who, part in parts.items()]
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
