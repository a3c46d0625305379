"""What every kind of source is turned into, before any image is opened."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches

import numpy as np
from jaxtyping import Bool

from components.data.examples import Modality, Quarantined, Split
from components.data.quarantine_reasons import SourceReason
from components.labels.matrix import LabelMatrix
from components.labels.meaning import Meaning
from components.labels.spelling import loose
from components.labels.states import ABSENT, UNKNOWN
from components.labels.vocabulary import Vocabulary


@dataclass(frozen=True, kw_only=True, slots=True)
class SourceRecord:
    """One image as the source describes it."""

    id: str
    path: str
    """Openable from the project's root."""
    image: str
    """The same place, relative to the folder of images."""
    cells: Mapping[str, int]
    """States by label name; 0 says that the cell is unknown whatever ``rest`` is."""
    rest: int = UNKNOWN
    """State of every label that ``cells`` does not name."""
    captions: tuple[str, ...] = ()
    split: Split | None = None
    """None leaves the choice to the hash of the content."""
    modality: Modality = "photo"
    where: str = ""
    """Where the source names it, for a person."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Stray:
    """An image whose name leads to no file as it stands, and what it is if no rule finds one."""

    record: SourceRecord
    fault: Quarantined


@dataclass(frozen=True, kw_only=True, slots=True)
class LostNames:
    """How the names in the annotations and the files on the disk go together."""

    num_listed: int
    num_matched: int = 0
    """Names whose file was found by a rule."""
    num_lost: int = 0
    details: Mapping[str, str] = field(default_factory=dict)
    """What is known of each lost name, by example id."""
    told: str = ""
    """One lost name beside a file, and the rule that would fit."""
    advice: tuple[str, ...] = ()
    """The rules that would find more files."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SourceRecords:
    """Everything a source holds, and everything in it that was set aside."""

    records: Sequence[SourceRecord]
    label_names: tuple[str, ...]
    declared: frozenset[str] | None = None
    """The labels that annotators looked for, where the source lists them: only these
    can be absent by not being mentioned. None means that it lists none."""
    faults: Sequence[Quarantined] = ()
    notes: Sequence[str] = ()
    strays: Sequence[Stray] = ()
    labels_from: str = ""
    """What was taken for labels, and why, as the end of a sentence."""
    meanings: Mapping[str, Meaning] = field(default_factory=dict)
    """What a vocabulary file says of the labels."""
    names: LostNames | None = None
    """None until names and files were compared."""


def unique_names(names: Sequence[str]) -> tuple[str, ...]:
    """Names in order of first appearance, without empty ones."""
    return tuple(dict.fromkeys(name for name in names if name))


def keep_labels(source: SourceRecords, vocabulary: Sequence[str], origin: str) -> SourceRecords:
    """Drop cells outside ``vocabulary``, one fault row a dropped label."""
    allowed = frozenset(vocabulary)
    by_spelling = {loose(name): name for name in vocabulary}
    dropped: Counter[str] = Counter()
    idle = allowed - {name for each in source.records for name in each.cells}
    idle -= source.declared or frozenset()
    records: list[SourceRecord] = []
    for record in source.records:
        foreign = [name for name in record.cells if name not in allowed]
        dropped.update(foreign)
        if foreign:
            cells = {name: state for name, state in record.cells.items() if name in allowed}
            record = replace(record, cells=cells)
        records.append(record)
    faults = [
        Quarantined(
            path=origin,
            reason=SourceReason.UNKNOWN_LABEL,
            detail=f"label {name!r} is not in the vocabulary; left out for {count} image(s)"
            + (
                f"; {by_spelling[loose(name)]!r} is, and source.merge_spellings: true counts both "
                "as one"
                if loose(name) in by_spelling
                else _meant_by(name, idle)
            ),
        )
        for name, count in sorted(dropped.items())
    ]
    return replace(
        source,
        records=tuple(records),
        label_names=tuple(vocabulary),
        faults=(*source.faults, *faults),
    )


def _meant_by(name: str, idle: Collection[str]) -> str:
    """The name of the vocabulary that no image has and that may be this one misspelt."""
    close = get_close_matches(name, sorted(idle), n=1, cutoff=0.75)
    return f"; is it the {close[0]!r} of the vocabulary, which no image has?" if close else ""


def silent_cells(
    records: Sequence[SourceRecord], labels: LabelMatrix
) -> Bool[np.ndarray, "examples labels"]:
    """Which cells are absent only because the source does not mention them."""
    silent = labels.states == ABSENT
    columns = {name: column for column, name in enumerate(labels.vocabulary.names)}
    for row, record in enumerate(records):
        silent[row, [columns[name] for name in record.cells]] = False
    return silent


def label_matrix(
    records: Sequence[SourceRecord], vocabulary: Vocabulary, declared: frozenset[str] | None
) -> LabelMatrix:
    """The cells of ``records``, in their order.

    A label outside ``declared`` stays unknown where no cell names it: nobody
    looked for it, so silence about it says nothing.
    """
    rest = np.array([record.rest for record in records], dtype=np.int8)
    states = np.repeat(rest[:, None], len(vocabulary), axis=1)
    if declared is not None:
        looked_for = np.array([name in declared for name in vocabulary.names])
        states[:, ~looked_for] = UNKNOWN
    columns = {name: column for column, name in enumerate(vocabulary.names)}
    for row, record in enumerate(records):
        for name, state in record.cells.items():
            states[row, columns[name]] = state
    return LabelMatrix(tuple(record.id for record in records), vocabulary, states)
