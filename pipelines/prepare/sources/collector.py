"""Gathers records under the rules that hold for every kind of source."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from components.data.examples import Quarantined, Split
from components.data.quarantine_reasons import SourceReason
from components.labels.states import UNKNOWN
from pipelines.prepare.sources.paths import joined, within_root
from pipelines.prepare.sources.records import SourceRecord, SourceRecords, Stray, unique_names
from pipelines.prepare.sources.text_files import printable


@dataclass(slots=True)
class RecordCollector:
    """Gathers records under the rules that hold for every kind of source.

    A second image with a known id is set aside, and so is, counted in one row each, a label that
    nothing defines. An image outside the root is a stray: a rule may yet find its file.
    """

    images: str
    """The folder of images as the settings give it."""
    origin: str = ""
    """The annotation file that faults are blamed on."""
    records: dict[str, SourceRecord] = field(default_factory=dict)
    faults: list[Quarantined] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    strays: list[Stray] = field(default_factory=list)
    labels_from: str = ""
    """What was taken for labels, and why, as the end of a sentence."""
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
        if inside is not None and printable(inside) != inside:
            detail = f"{where} names {image!r}, which is not valid UTF-8; rename the file"
            self.fault(SourceReason.BAD_NAME, detail, path=image, example_id=example_id or "")
            return
        name = printable(example_id or inside or "")
        record = SourceRecord(
            id=name,
            path=joined(self.images, inside or image),
            image=inside or printable(image),
            cells=cells or {},
            rest=rest,
            captions=tuple(printable(caption) for caption in captions),
            split=split,
            where=where,
        )
        if inside is None:
            detail = f"{where} names {image!r}, which is not below the folder of images"
            self.stray(record, SourceReason.PATH_OUTSIDE_ROOT, detail, path=image)
        elif (first := self.records.get(name)) is not None:
            detail = f"{where} gives the id {name!r} again; {first.path} keeps it"
            self.fault(SourceReason.DUPLICATE_ID, detail, path=record.path, example_id=name)
        else:
            self.records[name] = record

    def stray(self, record: SourceRecord, reason: SourceReason, detail: str, *, path: str) -> None:
        """Keep an image that is set aside unless a rule finds its file."""
        self.strays.append(
            Stray(
                record=record,
                fault=Quarantined(
                    path=printable(path),
                    reason=reason,
                    detail=printable(detail),
                    example_id=record.id,
                ),
            )
        )

    def fault(
        self, reason: SourceReason, detail: str, *, path: str = "", example_id: str = ""
    ) -> None:
        """Set something aside."""
        self.faults.append(
            Quarantined(
                path=printable(path or self.origin),
                reason=reason,
                detail=printable(detail),
                example_id=printable(example_id),
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
            strays=tuple(self.strays),
            labels_from=self.labels_from,
        )
