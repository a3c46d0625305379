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
from components.labelers.proposal_table import read_proposals
from components.labels.states import ABSENT, PRESENT
from project.layout import Layout
from project.report.thumbnails import thumbnail_uri

BANDS = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
"""Edges of probability; what was proposed below the first is counted in the first band."""
NUM_LABELS = 24
"""Of which pictures are shown: those with the most proposals."""
NUM_PICTURES = 4
PICTURE_PX = 96


@dataclass(frozen=True, kw_only=True, slots=True)
class ProposedPicture:
    """A picture for which a label was proposed."""

    uri: str
    id: str
    probability: float


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
    )


def _label(
    name: str,
    rows: pd.DataFrame,
    examples: Mapping[str, Example],
    root: Path,
    num_pictures: int,
) -> ProposedLabel:
    positive = rows[rows["state"] == PRESENT].sort_values("score", ascending=False, kind="stable")
    scores = positive["score"].to_numpy(np.float64).clip(BANDS[0], BANDS[-1])
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
        uri = thumbnail_uri(root / example.path, height_px=PICTURE_PX) if example else None
        if example and uri:
            shown.append(ProposedPicture(uri=uri, id=example.id, probability=float(row["score"])))
    return tuple(shown)


def _why_none(layout: Layout) -> str:
    report = read_json(layout.proposals_report) if layout.proposals_report.exists() else {}
    if report.get("calibrated") is False:
        return (
            "Nothing was proposed: no cell of the hold-out is known present, or none absent, so no "
            "score can be made a probability. Label some images of the val split."
        )
    if report.get("unknown_cells") == 0:
        return "Nothing was proposed: every cell of the training images is known."
    return "Nothing was proposed: no cell was likely or unlikely enough."
