"""The photographs that something may be proposed for, of every split, and what is known of them."""

# pyarrow.compute makes its functions when it is imported, unseen by type checkers.
# pyright: reportAttributeAccessIssue=false

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from blake3 import blake3

from components.data.examples import Split, read_examples
from components.features.region_rows import RegionRows
from components.features.store import FeatureStore
from components.labels.matrix import LabelMatrix
from components.labels.states import UNKNOWN
from components.labels.tables import read_matrix
from components.models.images import Regions
from components.proposing.asked_photos import AskedPhotos
from components.proposing.cross_fit import CrossFit
from project.layout import Layout
from project.learning_task import ProjectTask
from project.reviewed import read_reviewed

Cells = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True, kw_only=True, slots=True)
class UnmetPhotos:
    """Photographs of the hold-out or of the test split."""

    labels: LabelMatrix
    content_hashes: tuple[str, ...]
    vectors: np.ndarray
    regions: Regions | None


@dataclass(frozen=True, kw_only=True, slots=True)
class ProjectPhotos:
    """All that proposals are made for."""

    project: ProjectTask
    holdout: UnmetPhotos
    test: UnmetPhotos
    undecidable: dict[str, Cells]
    """By split: rows and columns of cells that a person said cannot be known."""

    @classmethod
    def load(cls, project: ProjectTask, layout: Layout) -> "ProjectPhotos":
        """Read the photographs that no method learns from."""
        holdout, test = _unmet("val", project, layout), _unmet("test", project, layout)
        said = read_reviewed(layout)
        said = said.filter(pc.equal(said["state"], UNKNOWN))
        matrices = {"train": project.labels, "val": holdout.labels, "test": test.labels}
        return cls(
            project=project,
            holdout=holdout,
            test=test,
            undecidable={split: _cells(said, matrix) for split, matrix in matrices.items()},
        )

    @property
    def fingerprint(self) -> str:
        """Changes with what is known of photographs that no method learns from."""
        digest = blake3()
        for photos in (self.holdout, self.test):
            digest.update("\n".join(photos.labels.example_ids).encode())
            digest.update("\n".join(photos.content_hashes).encode())
            digest.update(photos.labels.states.tobytes())
        for rows, columns in self.undecidable.values():
            digest.update(np.stack([rows, columns]).tobytes())
        return digest.hexdigest()[:16]

    @property
    def num_images(self) -> int:
        """Of all splits."""
        return sum(len(labels.example_ids) for labels in self._labels)

    @property
    def num_unknown(self) -> int:
        """Unknown cells that are not undecidable."""
        unknown = sum(
            labels.states.size - np.count_nonzero(labels.states) for labels in self._labels
        )
        return int(unknown) - sum(len(rows) for rows, _ in self.undecidable.values())

    @property
    def _labels(self) -> tuple[LabelMatrix, ...]:
        return self.project.labels, self.holdout.labels, self.test.labels

    def asked(self, fitted: CrossFit) -> tuple[AskedPhotos, ...]:
        """With the scorer of each photograph."""
        task = self.project.task
        training = AskedPhotos(
            split="train",
            ids=self.project.labels.example_ids,
            vectors=task.views[0],
            regions=task.regions[0] if task.has_regions else None,
            states=self.project.labels.states,
            scorer=fitted.training,
            fold=fitted.fold,
            undecidable=self.undecidable["train"],
        )
        unmet: tuple[tuple[Split, UnmetPhotos, np.ndarray], ...] = (
            ("val", self.holdout, fitted.holdout),
            ("test", self.test, np.full(len(self.test.content_hashes), fitted.unmet)),
        )
        others = (
            AskedPhotos(
                split=split,
                ids=photos.labels.example_ids,
                vectors=photos.vectors,
                regions=photos.regions if task.has_regions else None,
                states=photos.labels.states,
                scorer=scorer,
                undecidable=self.undecidable[split],
            )
            for split, photos, scorer in unmet
        )
        return training, *others


def _unmet(split: Split, project: ProjectTask, layout: Layout) -> UnmetPhotos:
    store = FeatureStore(layout.features.absolute(), project.encoder_id)
    embedded = store.hashes("original")
    rows = [
        row
        for row in read_examples(layout.examples)
        if row.split == split and row.modality == "photo" and row.content_hash in embedded
    ]
    hashes = tuple(row.content_hash for row in rows)
    regions = RegionRows(store, "original", hashes) if project.task.has_regions else None
    return UnmetPhotos(
        labels=read_matrix(layout.labels, [row.id for row in rows], project.vocabulary),
        content_hashes=hashes,
        vectors=store.load_global("original", hashes),
        regions=regions,
    )


def _cells(said: pa.Table, labels: LabelMatrix) -> Cells:
    rows = pc.index_in(said["example_id"], pa.array(labels.example_ids, pa.string()))
    columns = pc.index_in(said["label"], pa.array(labels.vocabulary.names, pa.string()))
    placed = pc.and_(pc.is_valid(rows), pc.is_valid(columns))
    return (
        rows.filter(placed).to_numpy().astype(np.int64),
        columns.filter(placed).to_numpy().astype(np.int64),
    )
