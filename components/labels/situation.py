"""What a collection's labels are like: who is said to be there, what silence means, what is missing.

Cells that follow from others by the vocabulary's parents are counted, and do not decide of what
kind the labels are.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Bool, Int

from components.data.examples import SPLITS
from components.labels.kept_labels import KeptLabels, kept_labels
from components.labels.states import ABSENT, PRESENT

Kind = Literal[
    "names only", "captions", "single-positive", "positives only", "few", "partial", "complete"
]
NEARLY_ALL = 0.99
"""Share from which nearly all counts as all: a slip of an annotator makes no other situation."""


@dataclass(frozen=True, kw_only=True, slots=True)
class KnownCells:
    """Known cells of photographs, each once."""

    names: tuple[str, ...]
    splits: Sequence[str]
    """The split of each photograph."""
    rows: Int[np.ndarray, " cells"]
    columns: Int[np.ndarray, " cells"]
    states: Int[np.ndarray, " cells"]
    implied: Bool[np.ndarray, " cells"]
    """Which follow from others."""

    def of(self, split: str) -> "KnownCells":
        """Of one split's photographs alone."""
        member = np.array([each == split for each in self.splits], dtype=bool)
        place = np.cumsum(member) - 1
        inside = member[self.rows]
        return KnownCells(
            names=self.names,
            splits=[split] * int(member.sum()),
            rows=place[self.rows[inside]],
            columns=self.columns[inside],
            states=self.states[inside],
            implied=self.implied[inside],
        )

    def said(self) -> "KnownCells":
        """Without those that follow from others."""
        inside = ~self.implied
        return KnownCells(
            names=self.names,
            splits=self.splits,
            rows=self.rows[inside],
            columns=self.columns[inside],
            states=self.states[inside],
            implied=self.implied[inside],
        )

    @property
    def num_photos(self) -> int:
        """With a known cell or without."""
        return len(self.splits)

    def by_label(self, state: int) -> Int[np.ndarray, " labels"]:
        """How many cells of a state each label has."""
        return np.bincount(self.columns[self.states == state], minlength=len(self.names))

    def by_photo(self, state: int | None = None) -> Int[np.ndarray, " photos"]:
        """How many known cells, or cells of a state, each photograph has."""
        rows = self.rows if state is None else self.rows[self.states == state]
        return np.bincount(rows, minlength=self.num_photos)


@dataclass(frozen=True, kw_only=True, slots=True)
class SplitLabels:
    """What is known in one split."""

    num_photos: int
    num_labelled: int
    """Photographs with a known cell."""
    present: Int[np.ndarray, " labels"]
    absent: Int[np.ndarray, " labels"]

    @property
    def num_present(self) -> int:
        """Cells known to be present."""
        return int(self.present.sum())

    @property
    def num_absent(self) -> int:
        """Cells known to be absent."""
        return int(self.absent.sum())


@dataclass(frozen=True, kw_only=True, slots=True)
class Situation:
    """What the labels are like."""

    kind: Kind
    """Of the training photographs."""
    names: tuple[str, ...]
    splits: Mapping[str, SplitLabels]
    num_complete: int
    """Labels of which every labelled training photograph says yes or no."""
    num_with_absences: int
    """Labels of which any training photograph says no."""
    num_implied: int
    """Cells that follow from others, over all splits."""
    mean_present: float | None
    """Present labels of a photograph where all are told: of hold-out and test, else unknown."""
    kept: KeptLabels | None
    """With one label a photograph: whether it is the more frequent one; else None."""


def situation_of(cells: KnownCells, *, from_captions: bool = False) -> Situation:
    """Read the situation off the known cells.

    Args:
        cells: Of the photographs of all splits.
        from_captions: Whether the labels were read from captions.
    """
    splits = {name: cells.of(name) for name in SPLITS}
    train = splits["train"].said()
    labelled = train.by_photo() > 0
    told = np.bincount(train.columns, minlength=len(cells.names))
    kind = _kind(train, from_captions=from_captions)
    whole = _whole_photos([splits[name].said() for name in ("val", "test")])
    return Situation(
        kind=kind,
        names=cells.names,
        splits={name: _counted(each) for name, each in splits.items()},
        num_complete=int((told >= max(1, NEARLY_ALL * labelled.sum())).sum()),
        num_with_absences=int((train.by_label(ABSENT) > 0).sum()),
        num_implied=int(cells.implied.sum()),
        mean_present=float(np.mean([len(each) for each in whole])) if whole else None,
        kept=(
            kept_labels(train.columns[train.states == PRESENT], whole, len(cells.names))
            if kind == "single-positive"
            else None
        ),
    )


def _kind(train: KnownCells, *, from_captions: bool) -> Kind:
    labelled = train.by_photo() > 0
    num_labelled = int(labelled.sum())
    if num_labelled == 0:
        return "names only"
    if from_captions:
        return "captions"
    if len(train.rows) >= NEARLY_ALL * num_labelled * len(train.names):
        return "complete" if num_labelled >= NEARLY_ALL * train.num_photos else "few"
    if (train.states == ABSENT).any():
        return "partial"
    single = train.by_photo(PRESENT)[labelled] == 1
    return "single-positive" if single.mean() >= NEARLY_ALL else "positives only"


def _counted(cells: KnownCells) -> SplitLabels:
    return SplitLabels(
        num_photos=cells.num_photos,
        num_labelled=int((cells.by_photo() > 0).sum()),
        present=cells.by_label(PRESENT),
        absent=cells.by_label(ABSENT),
    )


def _whole_photos(splits: Sequence[KnownCells]) -> list[np.ndarray]:
    """The present labels of each photograph of which all, or nearly all, labels are known."""
    found: list[np.ndarray] = []
    for cells in splits:
        whole = cells.by_photo() >= NEARLY_ALL * len(cells.names)
        chosen = (cells.states == PRESENT) & whole[cells.rows]
        order = np.argsort(cells.rows[chosen], kind="stable")
        rows, columns = cells.rows[chosen][order], cells.columns[chosen][order]
        found += np.split(columns, np.flatnonzero(np.diff(rows)) + 1) if len(rows) else []
    return found
