"""What is exported, whatever the format: images, their known cells, and who said so."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from jaxtyping import Int8

from components.data.examples import Split
from components.labels.states import PRESENT, UNKNOWN, Provenance

PROVENANCE_SCHEMA = pa.schema(
    [
        ("image", pa.string()),
        ("id", pa.string()),
        ("label", pa.string()),
        ("state", pa.string()),
        ("origin", pa.string()),
        ("method", pa.string()),
        ("probability", pa.float32()),
        ("date", pa.string()),
    ]
)
"""One row an exported cell; method, probability and date are of proposals and decisions."""

STATE_WORDS: Mapping[int, str] = {1: "present", -1: "absent", 0: "unknown"}
"""Words, since published sets disagree on what 0 and -1 mean."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ExportedImage:
    """One photograph; ``image`` is its place below the folder of images."""

    image: str
    id: str
    split: Split
    width: int
    height: int
    captions: tuple[str, ...] = ()

    @property
    def stem(self) -> str:
        """The place without its suffix, as files beside images are named."""
        folder, slash, name = self.image.rpartition("/")
        base, _, _ = name.rpartition(".")
        return f"{folder}{slash}{base or name}"


@dataclass(frozen=True, kw_only=True, slots=True)
class OwnAnnotations:
    """The user's own annotations in the format that is written: what is in them is kept."""

    paths: tuple[Path, ...]
    """coco: the files; voc, yolo: the folder."""
    names: tuple[str, ...] = ()
    """yolo: the names of the classes, by number."""
    exhaustive: bool = True
    """Whether a label that they do not mention was absent."""


@dataclass(frozen=True, kw_only=True, eq=False)
class LabelExport:
    """Everything that a format may write."""

    images: Sequence[ExportedImage]
    """Sorted by place, none twice."""
    labels: tuple[str, ...]
    states: Int8[np.ndarray, "images labels"]
    provenance: pa.Table
    own: OwnAnnotations | None = None
    _told: dict[tuple[str, str], dict[str, Any]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        for row in self.provenance.to_pylist():
            # The source's own cells say nothing more than that they are the source's.
            if row["origin"] != Provenance.OBSERVED:
                self._told[row["image"], row["label"]] = row

    @property
    def num_unknown(self) -> int:
        """Cells of which nothing is said."""
        return int((self.states == UNKNOWN).sum())

    def present(self, row: int) -> list[str]:
        """The labels that an image shows, in the order of the vocabulary."""
        return [self.labels[column] for column in np.flatnonzero(self.states[row] == PRESENT)]

    def names_of(self, row: int, state: int) -> list[str]:
        """The labels of an image that have a state."""
        return [self.labels[column] for column in np.flatnonzero(self.states[row] == state)]

    def origin(self, image: str, label: str) -> dict[str, Any]:
        """Who says that a cell is as it is, without what is empty."""
        row = self._told.get((image, label), {"origin": str(Provenance.OBSERVED)})
        told = {key: row.get(key) for key in ("origin", "method", "probability", "date")}
        return {key: value for key, value in told.items() if value not in (None, "")}


@dataclass(frozen=True, slots=True)
class Written:
    """What a format has to tell of one export."""

    annotations: str
    """What ``efuda init --annotations`` takes, below the folder of the export."""
    notes: tuple[str, ...] = ()
