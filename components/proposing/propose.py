"""Writes proposals for the unknown cells of any number of images, in bounded memory.

Images are scored some at a time, and what is worth a proposal is kept, outside memory. When
all are scored, the cells proposed present get their rank in the label, the box of their
strongest region and the known examples nearest to them, and the table is written.
"""

# pyarrow makes its functions when it is imported, unseen by type checkers.
# pyright: reportAttributeAccessIssue=false

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch
from jaxtyping import Float32, Int8

from components.atomic import atomic_path
from components.labelers.proposal_table import PROPOSAL_SCHEMA, ProposedBy, proposal_rows
from components.labels.states import PRESENT
from components.proposing.asked_photos import AskedPhotos, Capped, Order, as_they_are, scored_cells
from components.proposing.nearest import NUM_NEAREST, nearest_known
from components.proposing.proposed_cells import CELL, CellFile
from components.proposing.ranks import ranks_in_label
from components.proposing.scorers import AnyScorer
from components.proposing.strongest_region import relative_heat, square_grid, strongest_box

IMAGES_AT_ONCE = 2048
ROW_GROUP = 1 << 17
"""Rows of the table that are written together."""
MARKS = (0.95, 0.9, 0.8, 0.5)
"""Probabilities from which on cells proposed present are counted."""


@dataclass(frozen=True, kw_only=True, slots=True)
class KnownExamples:
    """Training images, whose known positives speak for proposals."""

    ids: tuple[str, ...]
    vectors: Float32[np.ndarray, "examples embed"]
    states: Int8[np.ndarray, "examples labels"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Written:
    """How many proposals there are."""

    present: int
    absent: int
    present_by_split: dict[str, int]
    marks: dict[str, int]
    """How many are present at least at each of :data:`MARKS`."""


def write_proposed(
    path: Path,
    asked: Sequence[AskedPhotos],
    scorers: Sequence[AnyScorer],
    known: KnownExamples,
    names: tuple[str, ...],
    by: ProposedBy,
    *,
    calibrated: bool,
    present_above: float,
    absent_below: float,
    scratch: Path,
    capped: Capped = as_they_are,
    at_once: int = IMAGES_AT_ONCE,
) -> Written:
    """Write the table, whole or not at all.

    Args:
        path: Of the table.
        asked: Images to propose for.
        scorers: What scores them.
        known: Training images.
        names: The labels, in column order.
        by: Who proposes.
        calibrated: Whether scores are probabilities; else the table gives none.
        present_above: Probability from which a cell is proposed present.
        absent_below: Probability below which it is proposed absent.
        scratch: A folder for what does not stay.
        capped: What the meaning of the names makes of probabilities, image by image.
        at_once: Images scored together; it changes no byte.
    """
    order = Order.by_id(asked)
    with CellFile(scratch) as file:
        found = [np.zeros(0, CELL)]
        for cells in scored_cells(
            order,
            scorers,
            names,
            present_above=present_above,
            absent_below=absent_below,
            capped=capped,
            at_once=at_once,
        ):
            file.append(cells)
            found.append(cells[cells["state"] == PRESENT])
        present = np.concatenate(found)
        images, labels = (present[name].astype(np.int64) for name in ("image", "label"))
        scores = present["score"].copy()
        evidence = _Evidence.of(order, scorers, known, images, labels, scores)
        _write(path, order, file, evidence, known.ids, names, by, calibrated=calibrated)
        splits = Counter(asked[number].split for number in order.source[images])
        return Written(
            present=len(images),
            absent=len(file) - len(images),
            present_by_split={each.split: splits[each.split] for each in asked},
            marks={f"{mark:g}": int((scores >= np.float32(mark)).sum()) for mark in MARKS},
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Evidence:
    """Of the cells proposed present, in the order of the table."""

    ranks: np.ndarray
    boxes: np.ndarray
    nearest: np.ndarray
    similarities: np.ndarray

    @classmethod
    def of(
        cls,
        order: Order,
        scorers: Sequence[AnyScorer],
        known: KnownExamples,
        images: np.ndarray,
        labels: np.ndarray,
        scores: np.ndarray,
    ) -> "_Evidence":
        boxes = np.full((len(images), 4), np.nan, np.float32)
        nearest = np.full((len(images), NUM_NEAREST), -1, np.int32)
        similarities = np.full(nearest.shape, np.nan, np.float32)
        for source, photos in enumerate(order.photos):
            here = np.flatnonzero(order.source[images] == source)
            rows = order.row[images[here]]
            boxes[here] = _boxes(photos, scorers, rows, labels[here])
            found = nearest_known(photos.vectors, rows, labels[here], known.vectors, known.states)
            nearest[here], similarities[here] = found.rows, found.similarities
        ranks = ranks_in_label(labels, scores)
        return cls(ranks=ranks, boxes=boxes, nearest=nearest, similarities=similarities)


def _boxes(
    photos: AskedPhotos, scorers: Sequence[AnyScorer], rows: np.ndarray, labels: np.ndarray
) -> Float32[np.ndarray, "proposals 4"]:
    """Of the strongest region of each proposal; NaN where regions form no square grid."""
    boxes = np.full((len(rows), 4), np.nan, np.float32)
    grid = None if photos.regions is None else square_grid(photos.regions.shape[1])
    if photos.regions is None or grid is None:
        return boxes
    if not len(rows):
        return boxes
    starts = np.flatnonzero(rows[1:] != rows[:-1]) + 1
    for places in np.split(np.arange(len(rows)), starts):
        row = int(rows[places[0]])
        regions = torch.from_numpy(photos.regions[np.array([row])][0].astype(np.float32))
        head = scorers[photos.scorer[row]].head
        for place in places:
            with torch.inference_mode():
                found = head.region_scores(regions, int(labels[place])).float().numpy()
            boxes[place] = strongest_box(relative_heat(found.reshape(grid)))
    return boxes


def _write(
    path: Path,
    order: Order,
    file: CellFile,
    evidence: _Evidence,
    known_ids: tuple[str, ...],
    names: tuple[str, ...],
    by: ProposedBy,
    *,
    calibrated: bool,
) -> None:
    asked_ids, known, label_names = (
        pa.array(each, pa.string()) for each in (order.ids, known_ids, names)
    )
    splits = [photos.split for photos in order.photos]
    cursor = 0
    with (
        atomic_path(path) as temporary,
        pq.ParquetWriter(temporary, PROPOSAL_SCHEMA, compression="zstd") as writer,
    ):
        for cells in file.parts(ROW_GROUP):
            places = np.full(len(cells), -1, np.int64)
            is_present = cells["state"] == PRESENT
            count = int(is_present.sum())
            places[is_present] = np.arange(cursor, cursor + count)
            cursor += count
            images = cells["image"].copy()
            sources = order.source[images]
            rows = proposal_rows(
                example_ids=asked_ids.take(pa.array(images)),
                labels=label_names.take(pa.array(cells["label"].copy())),
                states=cells["state"].copy(),
                scores=cells["score"].copy() if calibrated else None,
                places=places,
                ranks=evidence.ranks,
                boxes=evidence.boxes,
                nearest=evidence.nearest,
                similarities=evidence.similarities,
                known_ids=known,
                folds=_folds(order, images),
                splits=[splits[source] for source in sources],
                by=by,
            )
            writer.write_table(rows, row_group_size=ROW_GROUP)


def _folds(order: Order, images: np.ndarray) -> np.ndarray:
    """The part of each image; -1 for those of no part."""
    folds = np.full(len(images), -1, np.int64)
    for source, photos in enumerate(order.photos):
        if photos.fold is not None:
            here = order.source[images] == source
            folds[here] = photos.fold[order.row[images[here]]]
    return folds
