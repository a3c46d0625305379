"""Which labelling would help a project most, as the doctor tells it."""

# pyarrow.compute makes its functions when it is imported, unseen by type checkers.
# pyright: reportAttributeAccessIssue=false

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from components.data.examples import Example, read_examples
from components.errors import ArtefactError, InputError
from components.findings import Finding, Status
from components.labels.labelling_advice import LabellingAdvice, labelling_advice
from components.labels.situation import KnownCells, situation_of
from components.labels.states import Provenance
from components.labels.tables import read_labels
from components.labels.vocabulary import Vocabulary
from project.layout import Layout

WHAT = "labelling"
SHEET = "decisions.csv"
_SHOWN = 3


def labelling_findings(root: Path) -> list[Finding]:
    """What to label next, most useful first; nothing before prepare has run."""
    layout = Layout(root)
    if not layout.prepare_report.exists():
        return []
    try:
        photos = [row for row in read_examples(layout.examples) if row.modality == "photo"]
        cells = known_cells(photos, read_labels(layout.labels), Vocabulary.load(layout.vocabulary))
    except (ArtefactError, InputError) as fault:
        return [Finding(Status.ERROR, WHAT, str(fault), "`efuda run prepare` writes it anew")]
    advice = labelling_advice(situation_of(cells))
    if not advice:
        return [
            Finding(Status.OK, WHAT, "nothing is short: hold-out, absences, positives and test")
        ]
    return [
        Finding(Status.ADVICE, WHAT, f"{each.what}: {each.why}", _step(each, photos, cells))
        for each in advice
    ]


def known_cells(photos: list[Example], table: pa.Table, vocabulary: Vocabulary) -> KnownCells:
    """The known cells of photographs, from the table of labels."""
    at = pc.index_in(table["example_id"], pa.array([photo.id for photo in photos], pa.string()))
    column = pc.index_in(table["label"], pa.array(vocabulary.names, pa.string()))
    usable = pc.and_(pc.is_valid(at), pc.is_valid(column))
    implied = pc.equal(table["provenance"], str(Provenance.IMPLIED))
    return KnownCells(
        names=vocabulary.names,
        splits=[photo.split for photo in photos],
        rows=at.filter(usable).to_numpy().astype(np.int64),
        columns=column.filter(usable).to_numpy().astype(np.int64),
        states=table["state"].filter(usable).to_numpy().astype(np.int64),
        implied=implied.filter(usable).to_numpy(),
    )


def _step(advice: LabellingAdvice, photos: list[Example], cells: KnownCells) -> str:
    if "splits.val" in advice.what:
        return "then `efuda run`"
    labelled = cells.by_photo() > 0
    wants_unlabelled = not advice.labels
    chosen = [
        photo.id
        for photo, has_label in zip(photos, labelled, strict=True)
        if photo.split == advice.split and has_label != wants_unlabelled
    ]
    such = f", such as {', '.join(chosen[:_SHOWN])}" if chosen else ""
    return (
        f"write rows image,label,state (1 or -1) of {advice.split} photographs{such} into "
        f"{SHEET}, then `efuda labels import {SHEET}` and `efuda run`"
    )
