"""Which scorer scores which image: none ever learns from, or is calibrated by, the image itself.

Training images lie in parts. The head of a part was trained on the others. It is calibrated on
the hold-out, and, where training images have absences too, on one half of its part for the
images of the other half: so an image's own label is nowhere in what scores it.

What calibrates are cells that someone looked at, and what is proposed for are cells that were
left. Where training images have known positives alone, those are no longer asked for, and an
image of one thing has none left. So the same number of positives is taken out of each image of
the hold-out before it calibrates (:func:`left_unknown`).

Images of the hold-out and the test split are scored by a head trained on all training images.
For an image of the hold-out it is calibrated on the other half of the hold-out. (The epoch at
which training stops is chosen on the whole of it.)
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Int8, Int64

from components.errors import InputError
from components.labels.holdout import selection_rule
from components.labels.states import ABSENT, PRESENT, UNKNOWN
from components.models.heads.head import Head
from components.models.images import Regions
from components.proposing.cell_evidence import CellEvidence
from components.proposing.cell_model import NUM_PARTS, JudgedCells, fit_cell_model
from components.proposing.scorers import (
    AnyScorer,
    CalibratedScorer,
    StandingOutScorer,
    joined,
    judged,
)
from components.training.cross_fit import fold_of
from components.training.task import Task

Train = Callable[[Task], Head]


@dataclass(frozen=True, kw_only=True, slots=True)
class CrossFit:
    """Scorers, and by which of them each image is scored."""

    scorers: tuple[AnyScorer, ...]
    training: Int64[np.ndarray, " examples"]
    holdout: Int64[np.ndarray, " others"]
    unmet: int
    """The scorer of images that are in neither."""
    fold: Int64[np.ndarray, " examples"]
    """The part of each training image."""
    calibrated: bool

    @property
    def num_reading_evidence(self) -> int:
        """Scorers that read more than the method's own score."""
        return sum(
            isinstance(each, CalibratedScorer) and each.cells.reads_evidence
            for each in self.scorers
        )


def can_calibrate(task: Task) -> bool:
    """Whether labels tie scores to probabilities: see :func:`cross_fit`."""
    return _counts_training(task) or _counts_holdout(task)


def cross_fit(
    train: Train,
    task: Task,
    hashes: Sequence[str],
    holdout_hashes: Sequence[str],
    names: Sequence[str],
    *,
    folds: int,
    unmet: bool = True,
    on_fit: Callable[[], object] = lambda: None,
) -> CrossFit:
    """Train and calibrate every scorer.

    Where neither the hold-out nor the training images hold cells of both signs, nothing makes
    a score a probability: then one head trained on all scores all, by how far a picture stands
    out among the others.

    Args:
        train: Trains a head on a task.
        task: Training images and hold-out.
        hashes: Content of each training image, by which it is dealt into parts and halves.
        holdout_hashes: Content of each image of the hold-out.
        names: The labels.
        folds: Parts of the training images; at least 2.
        unmet: Whether images of the hold-out and others will be asked for; without them the head
            trained on all is spared.
        on_fit: Called when a head is trained.
    """
    fold = np.array([fold_of(each, folds) for each in hashes], np.int64)
    if not can_calibrate(task):
        head = train(task)
        on_fit()
        scorer = StandingOutScorer.over(head, task.views[0], _regions(task), names)
        zeros = np.zeros(len(hashes), np.int64)
        others = np.zeros(len(holdout_hashes), np.int64)
        return CrossFit(
            scorers=(scorer,), training=zeros, holdout=others, unmet=0, fold=fold, calibrated=False
        )
    return _Fitting(train, task, hashes, holdout_hashes, fold, on_fit).all(unmet=unmet)


class _Fitting:
    """The steps of :func:`cross_fit`, where labels calibrate."""

    def __init__(
        self,
        train: Train,
        task: Task,
        hashes: Sequence[str],
        holdout_hashes: Sequence[str],
        fold: np.ndarray,
        on_fit: Callable[[], object],
    ) -> None:
        self._train, self._task, self._on_fit, self._fold = train, task, on_fit, fold
        self._half, self._part = _dealt(hashes)
        self._holdout_half, self._holdout_part = _dealt(holdout_hashes)
        self._seeds = [fold_of(f"{each} written", 1 << 32) for each in holdout_hashes]
        self._scorers: list[AnyScorer] = []

    def all(self, *, unmet: bool) -> CrossFit:
        """Every scorer."""
        training = np.zeros(len(self._fold), np.int64)
        for number in np.unique(self._fold):
            inside = self._fold == number
            self._score_part(inside, training)
        holdout = np.zeros(len(self._holdout_half), np.int64)
        others = self._score_others(holdout) if unmet else 0
        return CrossFit(
            scorers=tuple(self._scorers),
            training=training,
            holdout=holdout,
            unmet=others,
            fold=self._fold,
            calibrated=True,
        )

    def _score_part(self, inside: np.ndarray, scorer_of: np.ndarray) -> None:
        others = self._task.of_rows(np.flatnonzero(~inside)) if (~inside).any() else self._task
        if not (~inside).any():
            raise InputError(
                "All training images fall into one part, so none can be scored by a model that did "
                "not see it; add images, or set pseudo_label.folds higher."
            )
        head = self._head(others)
        evidence = self._evidence(others)
        holdout = self._of_holdout(head, evidence, slice(None), others.states)
        halves = (0, 1) if _counts_training(self._task) else (None,)
        for half in halves:
            cells, asked = holdout, inside
            if half is not None:
                asked = inside & (self._half == half)
                own = self._of_training(head, evidence, inside & (self._half != half))
                cells = own if cells is None else joined(cells, own)
            scorer_of[asked] = self._add(head, evidence, cells, holdout)

    def _score_others(self, scorer_of: np.ndarray) -> int:
        """Scorers of the hold-out's images; returns that of all others."""
        if not _counts_holdout(self._task):
            # Training cells alone calibrate, and no head has met these images.
            return 0
        head = self._head(self._task)
        evidence = self._evidence(self._task)
        whole = self._of_holdout(head, evidence, slice(None))
        for half in (0, 1):
            cells = self._of_holdout(head, evidence, self._holdout_half != half)
            scorer_of[self._holdout_half == half] = self._add(head, evidence, cells, whole)
        return self._add(head, evidence, whole, whole)

    def _add(
        self,
        head: Head,
        evidence: CellEvidence,
        cells: JudgedCells | None,
        otherwise: JudgedCells | None,
    ) -> int:
        """A scorer; half of few images may lack a sign, and then the whole has to do."""
        chosen = cells if cells is not None and cells.can_calibrate else otherwise
        if chosen is None or not chosen.can_calibrate:
            raise InputError(
                "A part of the labelled training images holds no cell that is known present, or "
                "none known absent, so its scores cannot be made probabilities; label some images "
                "of the val split, or set pseudo_label.folds lower."
            )
        self._scorers.append(
            CalibratedScorer(head=head, evidence=evidence, cells=fit_cell_model(chosen))
        )
        return len(self._scorers) - 1

    def _head(self, task: Task) -> Head:
        head = self._train(task)
        self._on_fit()
        return head

    def _evidence(self, task: Task) -> CellEvidence:
        return CellEvidence.fit(task.views[0], _regions(task), task.states, task.names)

    def _of_holdout(
        self,
        head: Head,
        evidence: CellEvidence,
        rows: slice | np.ndarray,
        states: Int8[np.ndarray, "examples labels"] | None = None,
    ) -> JudgedCells | None:
        """Some images of the hold-out; like the training images of ``states``, if given."""
        holdout = self._task.holdout
        if not _counts_holdout(self._task):
            return None
        known = np.zeros_like(holdout.known)
        known[rows] = holdout.known[rows]
        if states is not None and holdout.rule == "verified" and not (states == ABSENT).any():
            known = left_unknown(known, holdout.truth, states, self._seeds)
        regions = holdout.regions if self._task.has_regions else None
        return judged(
            head, evidence, holdout.vectors, regions, holdout.truth, known, self._holdout_part
        )

    def _of_training(self, head: Head, evidence: CellEvidence, rows: np.ndarray) -> JudgedCells:
        states = self._task.states
        known = (states != UNKNOWN) & rows[:, None]
        return judged(
            head,
            evidence,
            self._task.views[0],
            _regions(self._task),
            states == PRESENT,
            known,
            self._part,
        )


def left_unknown(
    known: Bool[np.ndarray, "others labels"],
    truth: Bool[np.ndarray, "others labels"],
    states: Int8[np.ndarray, "examples labels"],
    seeds: Sequence[int],
) -> Bool[np.ndarray, "others labels"]:
    """The known cells of the hold-out, without those that would have been written down.

    From each image as many present cells are taken, drawn at random, as some training image has
    known ones.

    Args:
        known: Counted cells of the hold-out.
        truth: Whether each is present.
        states: Of training images that have known positives alone.
        seeds: Of the draw for each image of the hold-out.
    """
    written = (states == PRESENT).sum(axis=1)
    left = known.copy()
    for row, seed in enumerate(seeds):
        rng = np.random.default_rng(seed)
        positives = np.flatnonzero(truth[row] & known[row])
        count = min(int(written[rng.integers(len(written))]), len(positives))
        left[row, rng.permutation(positives)[:count]] = False
    return left


def _counts_training(task: Task) -> bool:
    """Whether cells of training images are known by both signs."""
    return _both_signs(task.states) and selection_rule(task.states) == "verified"


def _counts_holdout(task: Task) -> bool:
    """Whether the hold-out calibrates: by its known cells, or with silence as absence.

    Silence says less than training images of both signs, and is not asked where there are such.
    """
    holdout = task.holdout
    if holdout.rule == "verified":
        return _both_signs(holdout.states)
    truth = holdout.truth[holdout.known]
    return bool(truth.any() and not truth.all()) and not _counts_training(task)


def _both_signs(states: np.ndarray) -> bool:
    return bool((states == PRESENT).any() and (states == ABSENT).any())


def _regions(task: Task) -> Regions | None:
    return task.regions[0] if task.has_regions else None


def _dealt(hashes: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Half of each image, and its part in cross-validation, by its content."""
    half = [fold_of(f"{each} half", 2) for each in hashes]
    part = [fold_of(f"{each} part", NUM_PARTS) for each in hashes]
    return np.array(half, np.int64), np.array(part, np.int64)
