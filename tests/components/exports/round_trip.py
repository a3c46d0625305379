"""An export that is made in memory, written, and read again as a source."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from components.exports.catalog import FORMATS
from components.exports.label_export import (
    PROVENANCE_SCHEMA,
    ExportedImage,
    LabelExport,
    OwnAnnotations,
    Written,
)
from components.labels.vocabulary import Vocabulary
from pipelines.prepare.sources.catalog import read_source
from pipelines.prepare.sources.records import label_matrix
from project.settings.source import SourceSettings

States = dict[tuple[str, str], int]


def make_export(
    places: Sequence[str], labels: Sequence[str], states, own: OwnAnnotations | None = None
) -> LabelExport:
    order = sorted(range(len(places)), key=lambda row: places[row])
    images = [
        ExportedImage(image=places[row], id=places[row], split="train", width=40, height=30)
        for row in order
    ]
    return LabelExport(
        images=images,
        labels=tuple(labels),
        states=np.asarray(states, np.int8)[order],
        provenance=pa.Table.from_pylist([], schema=PROVENANCE_SCHEMA),
        own=own,
    )


def make_images(folder: Path, places: Sequence[str]) -> None:
    """Files of those names; sources open none of them."""
    for place in places:
        path = folder / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")


def written(export: LabelExport, name: str, out: Path) -> Written:
    out.mkdir()
    return FORMATS[name].write(export, out)


def read_again(root: Path, name: str, annotations: str, **settings: object) -> States:
    """The known cells by image and label, as `efuda init` would read them without further words."""
    source = SourceSettings.model_validate(
        {"kind": name, "images": "photos", "annotations": annotations, **settings}
    )
    read = read_source(source, root)
    vocabulary = Vocabulary(read.label_names)
    matrix = label_matrix(read.records, vocabulary, read.declared)
    image_of = {record.id: record.image for record in read.records}
    return {
        (image_of[matrix.example_ids[row]], vocabulary.names[column]): int(
            matrix.states[row, column]
        )
        for row, column in zip(*np.nonzero(matrix.states), strict=True)
    }


def known(export: LabelExport) -> States:
    return {
        (export.images[row].image, export.labels[column]): int(export.states[row, column])
        for row, column in zip(*np.nonzero(export.states), strict=True)
    }
