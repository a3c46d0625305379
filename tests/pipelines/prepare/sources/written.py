"""What is known, written in one format or another and read again."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from components.labels.matrix import LabelMatrix
from components.labels.vocabulary import Vocabulary
from pipelines.prepare.sources.catalog import read_source
from pipelines.prepare.sources.records import SourceRecords, label_matrix
from project.settings.source import SourceSettings
from project.source_kinds import SourceKind


def read(project: Path, kind: SourceKind, name: str, **settings: Any) -> SourceRecords:
    """The source of the project whose annotations have that name."""
    source = SourceSettings(kind=kind, images="images", annotations=name, **settings)
    return read_source(source, project)


def reasons(source: SourceRecords) -> list[str]:
    """Why something was set aside, sorted."""
    return sorted(fault.reason for fault in source.faults)


def cells(source: SourceRecords) -> dict[str, dict[str, int]]:
    """States by example and label, where they are written down."""
    return {record.id: dict(record.cells) for record in source.records}


def read_back(project: Path, labels: LabelMatrix, **settings: Any) -> LabelMatrix:
    """The rows of ``labels`` as they are read; nothing may have been set aside."""
    source = read_source(SourceSettings(images="images", **settings), project)
    assert not source.faults
    vocabulary = Vocabulary(source.label_names)
    assert vocabulary.names == labels.vocabulary.names
    return label_matrix(source.records, vocabulary, source.declared).select(labels.example_ids)


def present(labels: LabelMatrix, row: int) -> list[str]:
    """The labels of one image."""
    return [labels.vocabulary.names[column] for column in np.flatnonzero(labels.present[row])]


def write_coco(project: Path, **content: object) -> None:
    """``coco.json`` with two images, one of them a cat, where ``content`` says nothing else."""
    base = {
        "images": [{"id": 1, "file_name": "a.jpg"}, {"id": 2, "file_name": "b.png"}],
        "annotations": [{"image_id": 1, "category_id": 1}],
        "categories": [{"id": 1, "name": "cat"}, {"id": 2, "name": "dog"}],
    }
    (project / "coco.json").write_text(json.dumps({**base, **content}), encoding="utf-8")
