"""What every kind of source is turned into, before any image is opened."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

import numpy as np

from components.data.examples import Modality, Quarantined, Split
from components.labels.matrix import LabelMatrix
from components.labels.states import UNKNOWN
from components.labels.vocabulary import Vocabulary
from pipelines.sources.paths import joined, within_root


class SourceReason(StrEnum):
    """Why something a source says was set aside: a closed list."""

    DUPLICATE_ID = "duplicate_id"
    PATH_OUTSIDE_ROOT = "path_outside_root"
    MISSING_FILE = "missing_file"
    UNKNOWN_IMAGE = "unknown_image"
    UNKNOWN_LABEL = "unknown_label"
    EMPTY_LABEL = "empty_label"
    CONFLICTING_LABEL = "conflicting_label"
    BAD_ROW = "bad_row"
    BAD_ANNOTATION = "bad_annotation"


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


@dataclass(slots=True)
class RecordCollector:
    """Gathers records under the rules that hold for every kind of source.

    An image outside the root and a second image with a known id are set aside;
    so is, counted in one row each, a label that nothing defines.
    """

    images: str
    """The folder of images as the settings give it."""
    origin: str = ""
    """The annotation file that faults are blamed on."""
    records: dict[str, SourceRecord] = field(default_factory=dict)
    faults: list[Quarantined] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    _unknown_labels: Counter[str] = field(default_factory=Counter)

    def add(
        self,
        *,
        image: str,
        where: str,
        example_id: str | None = None,
        cells: Mapping[str, int] | None = None,
        rest: int = UNKNOWN,
        captions: Sequence[str] = (),
        split: Split | None = None,
    ) -> None:
        """Add one image, or set it aside.

        Args:
            image: Its place below the folder of images.
            where: Where the source names it, for a person.
            example_id: Defaults to ``image``.
            cells: States by label name.
            rest: State of the labels that ``cells`` does not name.
            captions: Sentences about it.
            split: The split that the source assigns.
        """
        inside = within_root(self.images, image)
        if inside is None:
            self.fault(
                SourceReason.PATH_OUTSIDE_ROOT,
                f"{where} names {image!r}, which is not below the folder of images",
                path=image,
                example_id=example_id or "",
            )
            return
        name = example_id or inside
        path = joined(self.images, inside)
        first = self.records.get(name)
        if first is not None:
            self.fault(
                SourceReason.DUPLICATE_ID,
                f"{where} gives the id {name!r} again; {first.path} keeps it",
                path=path,
                example_id=name,
            )
            return
        self.records[name] = SourceRecord(
            id=name,
            path=path,
            image=inside,
            cells=cells or {},
            rest=rest,
            captions=tuple(captions),
            split=split,
        )

    def fault(
        self, reason: SourceReason, detail: str, *, path: str = "", example_id: str = ""
    ) -> None:
        """Set something aside."""
        self.faults.append(
            Quarantined(
                path=path or self.origin, reason=reason, detail=detail, example_id=example_id
            )
        )

    def unknown_label(self, name: str) -> None:
        """Count a cell whose label is defined nowhere."""
        self._unknown_labels[name] += 1

    def finish(self, label_names: Sequence[str], *, declared: bool = False) -> SourceRecords:
        """All that was gathered.

        Args:
            label_names: In the source's order.
            declared: Whether the source lists its labels, used or not.
        """
        for name, count in self._unknown_labels.items():
            self.fault(
                SourceReason.UNKNOWN_LABEL,
                f"label {name} is defined nowhere; left out in {count} place(s)",
            )
        return SourceRecords(
            records=tuple(self.records.values()),
            label_names=unique_names(label_names),
            declared=frozenset(label_names) if declared else None,
            faults=tuple(self.faults),
            notes=tuple(self.notes),
        )


def unique_names(names: Sequence[str]) -> tuple[str, ...]:
    """Names in order of first appearance, without empty ones."""
    return tuple(dict.fromkeys(name for name in names if name))


def keep_labels(source: SourceRecords, vocabulary: Sequence[str], origin: str) -> SourceRecords:
    """Drop cells outside ``vocabulary``, one fault row a dropped label."""
    allowed = frozenset(vocabulary)
    dropped: Counter[str] = Counter()
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
            detail=f"label {name!r} is not in the vocabulary; left out for {count} image(s)",
        )
        for name, count in sorted(dropped.items())
    ]
    return replace(
        source,
        records=tuple(records),
        label_names=tuple(vocabulary),
        faults=(*source.faults, *faults),
    )


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
