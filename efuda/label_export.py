"""Labels of a project, out: what is known, and what is proposed if it is asked for."""

# pyarrow.compute makes its functions when it is imported, unseen by type checkers.
# pyright: reportAttributeAccessIssue=false

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from components.atomic import atomic_directory, write_json
from components.data.examples import read_examples
from components.errors import InputError
from components.exports.catalog import FORMATS, FormatName
from components.exports.label_export import (
    PROVENANCE_SCHEMA,
    STATE_WORDS,
    ExportedImage,
    LabelExport,
    OwnAnnotations,
)
from components.exports.provenance import SHEET, write_provenance, write_sheet
from components.labelers.proposal_table import read_proposals
from components.labels.states import ABSENT, PRESENT, UNKNOWN, Provenance
from components.labels.tables import read_labels
from components.labels.vocabulary import Vocabulary
from project.layout import Layout
from project.reviewed import read_reviewed
from project.settings import Settings
from project.vocabulary_file import with_names

MARK = "export.json"
"""Says that a folder is an export, which may be replaced by another."""


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written: a report for programs, lines for people."""

    report: dict[str, Any]
    lines: tuple[str, ...]


def export_labels(
    settings: Settings,
    layout: Layout,
    out: Path,
    format_name: FormatName,
    *,
    min_probability: float | None = None,
    replace: bool = False,
) -> Exported:
    """Write the known labels into a new folder.

    Args:
        settings: The project's.
        layout: Where its tables lie.
        out: Written beside and then renamed; must not exist unless ``replace``.
        format_name: A row of the catalog.
        min_probability: Cells proposed present with at least this probability are written too;
            None writes none.
        replace: Whether an earlier export at ``out`` may be replaced.

    Raises:
        InputError: If there is nothing to export, or ``out`` is taken.
    """
    _refuse_taken(out, replace=replace)
    export, notes = gather(settings, layout, format_name, min_probability)
    row = FORMATS[format_name]
    with atomic_directory(out) as directory:
        written = row.write(export, directory)
        provenance = write_provenance(export.provenance, directory, row.provenance)
        report: dict[str, Any] = {
            "schema_version": 1,
            "format": format_name,
            "out": str(out),
            "annotations": written.annotations,
            "provenance": provenance,
            **_counts(export),
            "min_probability": min_probability,
            "notes": [*notes, *written.notes],
        }
        if min_probability is not None:
            report["to_decide"] = write_sheet(export.provenance, directory)
        write_json(directory / MARK, report)
    return Exported(report, _lines(report, settings, layout, out))


def gather(
    settings: Settings, layout: Layout, format_name: str, min_probability: float | None
) -> tuple[LabelExport, list[str]]:
    """What there is to export, and what is to be told about it."""
    images, notes = _images(settings, layout)
    vocabulary = Vocabulary.load(layout.vocabulary)
    rows = _known(layout)
    if min_probability is not None:
        proposed, told = _proposed(layout, settings, min_probability)
        rows, notes = pa.concat_tables([rows, proposed]), [*notes, *told]
    places = pa.array([image.id for image in images], pa.string())
    at = pc.index_in(rows["example_id"], places)
    columns = pc.index_in(rows["label"], pa.array(vocabulary.names, pa.string()))
    usable = pc.and_(pc.is_valid(at), pc.is_valid(columns))
    rows, at, columns = rows.filter(usable), at.filter(usable), columns.filter(usable)
    if not rows.num_rows:
        raise InputError(
            "No label is known in this project, so there is nothing to export. Add --proposals to "
            "export what Efuda proposes."
            if min_probability is None
            else "No label is known in this project and none is proposed. " + " ".join(notes)
        )
    states = np.full((len(images), len(vocabulary)), UNKNOWN, np.int8)
    states[at.to_numpy(), columns.to_numpy()] = rows["state"].to_numpy()
    names = pa.array([image.image for image in images], pa.string())
    words = pa.array([STATE_WORDS[-1], STATE_WORDS[0], STATE_WORDS[1]])
    provenance = pa.table(
        [
            names.take(at.combine_chunks()),
            rows["example_id"],
            rows["label"],
            words.take(pc.add(rows["state"].cast(pa.int32()), 1).combine_chunks()),
            *(rows[name] for name in ("origin", "method", "probability", "date")),
        ],
        schema=PROVENANCE_SCHEMA,
    ).sort_by([("image", "ascending"), ("label", "ascending")])
    if settings.hide is not None:
        notes.append(
            f"Labels were hidden on purpose ({settings.hide.protocol}): they are exported as unknown."
        )
    export = LabelExport(
        images=images,
        labels=vocabulary.names,
        states=states,
        provenance=provenance,
        own=_own(settings, layout, format_name),
    )
    return export, notes


def _refuse_taken(out: Path, *, replace: bool) -> None:
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return
    if not (out / MARK).is_file():
        raise InputError(f"{out} exists and is no export of Efuda's; name a new folder with --out.")
    if not replace:
        raise InputError(f"{out} exists; name a new folder, or replace it with --force.")


def _images(settings: Settings, layout: Layout) -> tuple[list[ExportedImage], list[str]]:
    """The photographs by place, and what was left out."""
    examples = read_examples(layout.examples)
    found: dict[str, ExportedImage] = {}
    for example in sorted(examples, key=lambda each: (each.path, each.id)):
        if example.modality != "photo":
            continue
        path, folder = PurePosixPath(example.path), settings.source.images
        inside = path.relative_to(folder) if path.is_relative_to(folder) else path
        found.setdefault(
            inside.as_posix(),
            ExportedImage(
                image=inside.as_posix(),
                id=example.id,
                split=example.split,
                width=example.width,
                height=example.height,
                captions=example.captions,
            ),
        )
    notes: list[str] = []
    num_sketches = sum(example.modality == "sketch" for example in examples)
    if num_sketches:
        notes.append(f"{num_sketches:,} sketches were left out: their folder is their label.")
    if num_twice := len(examples) - num_sketches - len(found):
        notes.append(f"{num_twice:,} examples were left out whose image is another's too.")
    return [found[place] for place in sorted(found)], notes


_ROW_SCHEMA = pa.schema(
    [
        ("example_id", pa.string()),
        ("label", pa.string()),
        ("state", pa.int8()),
        ("origin", pa.string()),
        ("method", pa.string()),
        ("probability", pa.float32()),
        ("date", pa.string()),
    ]
)


def _known(layout: Layout) -> pa.Table:
    """Observed cells, and over them those that people decided, prepared already or not."""
    observed, reviewed = read_labels(layout.labels), read_reviewed(layout)
    observed = observed.filter(_not_among(observed, reviewed))
    parts = [
        _rows(observed, observed["provenance"], None, None, None),
        _rows(reviewed, reviewed["provenance"], reviewed["reviewer"], None, reviewed["date"]),
    ]
    return pa.concat_tables(parts)


def _proposed(
    layout: Layout, settings: Settings, min_probability: float
) -> tuple[pa.Table, list[str]]:
    """Cells proposed present that nobody has decided since, and what is to be told."""
    table = read_proposals(layout.proposals)
    # In the precision of the table, so that 0.9 is at least 0.9.
    least = pa.scalar(min_probability, pa.float32())
    # Without a probability a proposal goes out only where none is asked for.
    enough = pc.fill_null(pc.greater_equal(table["score"], least), min_probability <= 0)
    present = pc.equal(table["state"], PRESENT)
    chosen = table.filter(pc.and_(present, enough))
    chosen = chosen.filter(_not_among(chosen, _known(layout)))
    notes: list[str] = []
    lowest = settings.pseudo_label.present_above
    if min_probability > 0 and (
        unsure := pc.sum(pc.and_(present, pc.is_null(table["score"]))).as_py()
    ):
        notes.append(
            f"{unsure:,} proposals have no probability, since nothing calibrates scores; "
            "--min-probability 0 takes them along."
        )
    elif 0 < min_probability < lowest:
        notes.append(
            f"Nothing is proposed as present below {lowest:g} (pseudo_label.present_above), so "
            f"--min-probability {min_probability:g} adds nothing below it."
        )
    if not table.num_rows:
        notes.append("There are no proposals: no cell was likely or unlikely enough.")
    return _rows(
        chosen, chosen["provenance"], chosen["method"], chosen["score"], chosen["created"]
    ), notes


def _rows(table: pa.Table, origin: Any, method: Any, probability: Any, date: Any) -> pa.Table:
    def column(given: Any, kind: pa.DataType) -> Any:
        return pa.nulls(table.num_rows, kind) if given is None else given

    return pa.table(
        [
            *(table[name] for name in ("example_id", "label", "state")),
            origin,
            column(method, pa.string()),
            column(probability, pa.float32()),
            column(date, pa.string()),
        ],
        schema=_ROW_SCHEMA,
    )


def _not_among(table: pa.Table, others: pa.Table) -> Any:
    """Which rows are of a cell that ``others`` does not name."""
    return pc.invert(pc.is_in(_keys(table), _keys(others).combine_chunks()))


def _keys(table: pa.Table) -> Any:
    return pc.binary_join_element_wise(table["example_id"], table["label"], "\0")


def _own(settings: Settings, layout: Layout, format_name: str) -> OwnAnnotations | None:
    """The source's own files, where they are of the format that is written."""
    source, root = settings.source, layout.root
    if source.kind != format_name or format_name not in ("coco", "voc", "yolo"):
        return None
    exhaustive = source.exhaustive is not False
    if format_name == "coco":
        files = [
            *source.split_files.values(),
            *([source.annotations] if source.annotations else []),
        ]
        return OwnAnnotations(paths=tuple(root / file for file in files), exhaustive=exhaustive)
    folder = root / (source.annotations or source.images)
    if format_name == "voc":
        return OwnAnnotations(paths=(folder,), exhaustive=exhaustive)
    from pipelines.prepare.sources.yolo import class_names

    source, _ = with_names(source, root)
    names: Sequence[str] = class_names(source, root, folder)
    return OwnAnnotations(paths=(folder,), names=tuple(names), exhaustive=exhaustive)


def _counts(export: LabelExport) -> dict[str, Any]:
    origins = export.provenance["origin"]
    return {
        "images": len(export.images),
        "labels": len(export.labels),
        "cells": {
            "present": int((export.states == PRESENT).sum()),
            "absent": int((export.states == ABSENT).sum()),
            "unknown": export.num_unknown,
        },
        "origins": {
            str(each): int(pc.sum(pc.equal(origins, str(each))).as_py() or 0) for each in Provenance
        },
    }


def _lines(
    report: dict[str, Any], settings: Settings, layout: Layout, out: Path
) -> tuple[str, ...]:
    cells, origins = report["cells"], report["origins"]
    images = layout.root / settings.source.images
    proposed = origins[str(Provenance.PSEUDO)]
    implied = origins[str(Provenance.IMPLIED)]
    lines = [
        f"Wrote {report['images']:,} images and {report['labels']:,} labels to {out}: "
        f"{cells['present']:,} cells present, {cells['absent']:,} absent, "
        f"{cells['unknown']:,} unknown.",
        f"Of them {origins[str(Provenance.OBSERVED)]:,} are from the source, "
        f"{origins[str(Provenance.REVIEWED)]:,} reviewed"
        + (f", {implied:,} implied by these" if implied else "")
        + f" and {proposed:,} proposed; who said what "
        f"stands in {out / report['provenance']}.",
        *report["notes"],
    ]
    if report.get("to_decide"):
        lines.append(
            f"To decide on the proposals: fill in the column state of {out / SHEET} (present, absent "
            f"or unknown) where you have looked, and `efuda labels import {out / SHEET}`."
        )
    lines.append(
        f"Reads again with: efuda init NEW --source {report['format']} --images {images} "
        f"--annotations {out / report['annotations']}"
    )
    return tuple(lines)
