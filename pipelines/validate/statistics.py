"""The numbers of the data report: what the collection holds, split by split."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse

from components.data.examples import SPLITS
from components.data.quarantine_reasons import LOST_IMAGE
from components.labels.states import PRESENT
from pipelines.validate.frames import Prepared, positives_by_split

MAX_LABELS_AN_IMAGE = 10
NUM_PAIRS = 12


@dataclass(frozen=True, kw_only=True, slots=True)
class SplitCounts:
    """One row of the table of splits."""

    split: str
    photos: int
    sketches: int
    captions: int
    known_positives: int
    known_negatives: int
    known_share: float
    """Known cells among all cells of the split's photographs."""
    unlabelled: int
    """Photographs without a single known cell."""


@dataclass(frozen=True, kw_only=True, slots=True)
class LabelPair:
    """Two labels that are known to be present together."""

    first: str
    second: str
    together: int
    lift: float
    """How many times more often than if they were independent."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DataStatistics:
    """Everything that the page shows about the collection."""

    splits: tuple[SplitCounts, ...]
    positives: pd.DataFrame
    """Known positives of each class (rows) in each split (columns)."""
    labels_per_image: pd.DataFrame
    """Photographs with 0, 1, 2 … known positives (rows) in each split (columns)."""
    pairs: tuple[LabelPair, ...]
    quarantine: tuple[tuple[str, bool, int], ...]
    """Reason, whether it cost the image, and count."""
    reviewed: int
    """Cells that a person decided."""


def data_statistics(prepared: Prepared) -> DataStatistics:
    """Count what the prepared tables hold."""
    names = prepared.vocabulary.names
    photos = prepared.examples[prepared.examples["modality"] == "photo"]
    present = _presence(prepared.labels, photos["id"].tolist(), names)
    reasons = prepared.quarantine["reason"].value_counts()
    return DataStatistics(
        splits=tuple(_split_counts(prepared, split) for split in SPLITS),
        positives=positives_by_split(prepared.examples, prepared.labels, names),
        labels_per_image=_per_image(photos["split"], np.asarray(present.sum(axis=1)).ravel()),
        pairs=_pairs(present, names, len(photos)),
        quarantine=tuple((str(r), r in LOST_IMAGE, int(n)) for r, n in reasons.items()),
        reviewed=int((prepared.labels["provenance"] == "reviewed").sum()),
    )


def counts_of(statistics: DataStatistics) -> dict[str, object]:
    """The counts that go into validation.json."""
    return {
        "photos": {row.split: row.photos for row in statistics.splits},
        "sketches": {row.split: row.sketches for row in statistics.splits},
        "known_positives": {row.split: row.known_positives for row in statistics.splits},
        "known_negatives": {row.split: row.known_negatives for row in statistics.splits},
        "known_share": {row.split: round(row.known_share, 4) for row in statistics.splits},
        "quarantined": {reason: count for reason, _, count in statistics.quarantine},
        "reviewed_cells": statistics.reviewed,
    }


def _split_counts(prepared: Prepared, split: str) -> SplitCounts:
    here = prepared.examples[prepared.examples["split"] == split]
    photos = here[here["modality"] == "photo"]
    labels = prepared.labels[prepared.labels["example_id"].isin(photos["id"])]
    num_cells = len(photos) * len(prepared.vocabulary)
    captions = [len(given) for given in here["captions"] if hasattr(given, "__len__")]
    positives = int((labels["state"] == PRESENT).sum())
    return SplitCounts(
        split=split,
        photos=len(photos),
        sketches=int((here["modality"] == "sketch").sum()),
        captions=sum(captions),
        known_positives=positives,
        known_negatives=len(labels) - positives,
        known_share=len(labels) / num_cells if num_cells else 0.0,
        unlabelled=int((~photos["id"].isin(labels["example_id"])).sum()),
    )


def _presence(labels: pd.DataFrame, ids: Sequence[str], names: Sequence[str]) -> sparse.csr_array:
    """Photographs × labels, 1 where known to be present."""
    present = labels[labels["state"] == PRESENT]
    rows = pd.Index(pd.unique(pd.Series(ids, dtype=object))).get_indexer(
        pd.Index(present["example_id"])
    )
    columns = pd.Index(names).get_indexer(pd.Index(present["label"]))
    kept = (rows >= 0) & (columns >= 0)
    shape = (len(ids), len(names))
    ones = np.ones(int(kept.sum()), np.int64)
    return sparse.csr_array((ones, (rows[kept], columns[kept])), shape=shape)


def _per_image(splits: pd.Series, counts: np.ndarray) -> pd.DataFrame:
    capped = pd.Series(np.minimum(counts.astype(int), MAX_LABELS_AN_IMAGE), index=splits.index)
    table = pd.crosstab(capped, splits)
    rows = range(int(capped.max()) + 1 if len(capped) else 0)
    table = table.reindex(index=rows, columns=list(SPLITS), fill_value=0)
    most = MAX_LABELS_AN_IMAGE
    table.index = [f"{number} or more" if number == most else str(number) for number in table.index]
    return table


def _pairs(
    present: sparse.csr_array, names: Sequence[str], num_photos: int
) -> tuple[LabelPair, ...]:
    """The pairs seen together most often, each once."""
    together = sparse.triu(present.T @ present, k=1).tocoo()
    alone = np.asarray(present.sum(axis=0)).ravel()
    counts = np.asarray(together.data, np.int64)
    order = np.argsort(-counts, kind="stable")[:NUM_PAIRS]
    return tuple(
        LabelPair(
            first=names[int(i)],
            second=names[int(j)],
            together=int(count),
            lift=float(count * num_photos / (alone[i] * alone[j])),
        )
        for i, j, count in zip(together.row[order], together.col[order], counts[order], strict=True)
        if count > 0
    )
