"""What was proposed, by label and by probability, with a few pictures of each label.

It needs no hidden truth: where there is some, ``proposal_audit.py`` says how right it was.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from components.atomic import read_json
from components.data.examples import Example, read_examples
from components.labelers.proposal_table import BOX, read_proposals
from components.labels.states import ABSENT, PRESENT
from project.layout import Layout
from project.report.thumbnails import thumbnail_uri

BANDS = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
"""Edges of probability; what was proposed below the first is counted in the first band."""
NUM_LABELS = 24
"""Of which pictures are shown: those with the most proposals."""
NUM_PICTURES = 4
PICTURE_PX = 96
NEAREST_PX = 40
MARKS = (0.95, 0.9, 0.8, 0.5)
"""Probabilities from which on proposals are counted."""
SPLIT_WORDS = {"train": "training", "val": "hold-out", "test": "test"}


@dataclass(frozen=True, kw_only=True, slots=True)
class ProposedPicture:
    """A picture for which a label was proposed."""

    uri: str
    id: str
    probability: float | None
    """None where no label makes scores probabilities."""
    rank: int
    """Among those of its label."""
    nearest_uri: str | None
    """The known example that it resembles most; None where there is none to show."""
    nearest_id: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class ProposedLabel:
    """Proposals of one label.

    Attributes:
        name: The label.
        present: How many cells were proposed present.
        by_band: The same by band of probability, from low to high.
        absent: How many were proposed absent.
        pictures: Some proposed present, from the surest to the least sure.
    """

    name: str
    present: int
    by_band: tuple[int, ...]
    absent: int
    pictures: tuple[ProposedPicture, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class ProposalsShown:
    """All proposals; labels with the most proposed present come first.

    Attributes:
        labels: Those of which anything was proposed.
        method: By whose probabilities.
        num_images: Images with a proposal.
        why_none: A sentence where nothing was proposed.
    """

    labels: tuple[ProposedLabel, ...]
    method: str
    num_images: int
    marks: tuple[tuple[str, int], ...] = ()
    """How many are proposed present from a probability on; empty where there is none."""
    splits: tuple[tuple[str, int], ...] = ()
    """How many are proposed present in the images of each split."""
    why_none: str | None = None

    @property
    def present(self) -> int:
        """Cells proposed present."""
        return sum(label.present for label in self.labels)

    @property
    def absent(self) -> int:
        """Cells proposed absent."""
        return sum(label.absent for label in self.labels)

    @property
    def by_band(self) -> list[tuple[str, int]]:
        """Cells proposed present by band of probability, from high to low."""
        names = band_names()
        totals = [sum(label.by_band[band] for label in self.labels) for band in range(len(names))]
        return list(zip(names, totals, strict=True))[::-1]


def band_names() -> list[str]:
    """Such as ``0.5 – 0.6``, from low to high."""
    return [f"{low:g} – {high:g}" for low, high in pairwise(BANDS)]


def proposals_shown(layout: Layout) -> ProposalsShown | None:
    """What the report shows of the proposals; None where the stage has not run."""
    if not layout.proposals.exists():
        return None
    table = read_proposals(layout.proposals).to_pandas()
    if table.empty:
        return ProposalsShown(labels=(), method="", num_images=0, why_none=_why_none(layout))
    examples = {example.id: example for example in read_examples(layout.examples)}
    counts = table[table["state"] == PRESENT].groupby("label").size()
    order = counts.sort_values(ascending=False, kind="stable").index.tolist()
    order += sorted(set(table["label"]) - set(order))
    by_label = dict(iter(table.groupby("label")))
    return ProposalsShown(
        labels=tuple(
            _label(name, by_label[name], examples, layout.root, NUM_PICTURES * (place < NUM_LABELS))
            for place, name in enumerate(order)
        ),
        method=str(table["method"].iloc[0]),
        num_images=int(table["example_id"].nunique()),
        marks=_marks(table),
        splits=_splits(table),
    )


def _marks(table: pd.DataFrame) -> tuple[tuple[str, int], ...]:
    scores = table.loc[table["state"] == PRESENT, "score"].to_numpy(np.float32)
    if np.isnan(scores).any():
        return ()
    return tuple((f"{mark:g}", int((scores >= np.float32(mark)).sum())) for mark in MARKS)


def _splits(table: pd.DataFrame) -> tuple[tuple[str, int], ...]:
    counts = table.loc[table["state"] == PRESENT, "split"].value_counts()
    return tuple(
        (word, int(counts[split])) for split, word in SPLIT_WORDS.items() if split in counts
    )


def _label(
    name: str,
    rows: pd.DataFrame,
    examples: Mapping[str, Example],
    root: Path,
    num_pictures: int,
) -> ProposedLabel:
    positive = rows[rows["state"] == PRESENT].sort_values("rank", kind="stable")
    scores = positive["score"].dropna().to_numpy(np.float64).clip(BANDS[0], BANDS[-1])
    return ProposedLabel(
        name=name,
        present=len(positive),
        by_band=tuple(int(count) for count in np.histogram(scores, BANDS)[0]),
        absent=int((rows["state"] == ABSENT).sum()),
        pictures=_pictures(positive, examples, root, num_pictures),
    )


def _pictures(
    positive: pd.DataFrame, examples: Mapping[str, Example], root: Path, number: int
) -> tuple[ProposedPicture, ...]:
    """Spread over the ranks: the surest, the least sure and some between."""
    number = min(number, len(positive))
    if not number:
        return ()
    ranks = np.unique(np.linspace(0, len(positive) - 1, number).round().astype(int))
    rows: Sequence[Any] = positive.iloc[ranks].to_dict("records")
    shown: list[ProposedPicture] = []
    for row in rows:
        example = examples.get(str(row["example_id"]))
        if example is None:
            continue
        uri = thumbnail_uri(root / example.path, height_px=PICTURE_PX, box=_box(row))
        if uri:
            nearest_id, nearest_uri = _nearest(row, examples, root)
            shown.append(
                ProposedPicture(
                    uri=uri,
                    id=example.id,
                    probability=None if np.isnan(row["score"]) else float(row["score"]),
                    rank=int(row["rank"]),
                    nearest_id=nearest_id,
                    nearest_uri=nearest_uri,
                )
            )
    return tuple(shown)


def _box(row: Mapping[Any, Any]) -> tuple[float, float, float, float] | None:
    """Where the label is seen; None where nothing tells, or it is the whole picture."""
    left, top, right, bottom = (float(row[name]) for name in BOX)
    whole = (left, top, right, bottom) == (0, 0, 1, 1)
    return None if np.isnan(left) or whole else (left, top, right, bottom)


def _nearest(
    row: Mapping[Any, Any], examples: Mapping[str, Example], root: Path
) -> tuple[str | None, str | None]:
    """The first of the known examples that speak for it, as id and picture."""
    for known in row["nearest"]:
        example = examples.get(known["example_id"])
        if example is not None:
            return example.id, thumbnail_uri(root / example.path, height_px=NEAREST_PX)
    return None, None


def _why_none(layout: Layout) -> str:
    report = read_json(layout.proposals_report) if layout.proposals_report.exists() else {}
    if report.get("unknown_cells") == 0:
        return "Nothing was proposed: every cell is known."
    return "Nothing was proposed: no cell was likely or unlikely enough."
