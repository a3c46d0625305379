"""From a head's logits, and what else speaks for a cell, to log-odds that can be believed.

Two steps, ours. First one logistic model for the cells of all labels reads the logit
scaled label by label (:mod:`components.calibration.scaling`), alone or beside the logit as it
is, with the evidence or without. Then a curve with a knee straightens what a logistic model bends where few
cells lie: the surest ones, which are those that are proposed.

Which of these readings is taken is found by cross-validation over the images that it is fitted
to. The plainest stays unless the best one's gain in log loss is beyond its standard error.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float, Float32, Int64

from components.calibration.scaling import Scaling, fit_scaling
from components.labelers.ridge_logistic import Block, RidgeLogistic, fit_ridge_logistic

Score = Literal["scaled", "both"]
NUM_PARTS = 3
RIDGE = 10.0
"""Of the first step; with the score alone, where nothing competes with it, a tenth."""
KNEE = -1.5
"""Log-odds from which on the curve may rise faster or more slowly (about 0.18)."""
KNEE_RIDGE = 1.0
MOST_CELLS = 1 << 21
"""Cells that a model is fitted to; of more images a part is taken, evenly."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a model of cells reads."""

    score: Score
    evidence: bool

    def __str__(self) -> str:
        return f"{self.score}{' and evidence' if self.evidence else ''}"


PLAINEST = Reading("scaled", evidence=False)
READINGS = tuple(
    Reading(score, evidence) for evidence in (False, True) for score in ("scaled", "both")
)


@dataclass(frozen=True, kw_only=True, slots=True)
class JudgedCells:
    """Cells of known truth, of images that the head did not learn from."""

    logits: Float32[np.ndarray, "examples labels"]
    evidence: Float32[np.ndarray, "examples labels features"] | None
    truth: Bool[np.ndarray, "examples labels"]
    known: Bool[np.ndarray, "examples labels"]
    part: Int64[np.ndarray, " examples"]
    """The part of each image in cross-validation, below :data:`NUM_PARTS`."""

    @property
    def can_calibrate(self) -> bool:
        """Whether counted cells of both signs are there."""
        return _both_signs(self.truth, self.known)

    def of(self, rows: Bool[np.ndarray, " examples"]) -> "JudgedCells":
        """Some of the images."""
        return JudgedCells(
            logits=self.logits[rows],
            evidence=None if self.evidence is None else self.evidence[rows],
            truth=self.truth[rows],
            known=self.known[rows],
            part=self.part[rows],
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class CellModel:
    """Log-odds of cells from logits and evidence."""

    reading: Reading
    scaling: Scaling
    logistic: RidgeLogistic
    knee: RidgeLogistic
    gain: float
    """By which its log loss is below that of the plainest reading, an image, cross-validated."""
    gain_error: float
    """The standard error of that."""

    def log_odds(
        self,
        logits: Float32[np.ndarray, "rows labels"],
        evidence: Float32[np.ndarray, "rows labels features"] | None,
    ) -> Float32[np.ndarray, "rows labels"]:
        """Of every cell of some images."""
        scaled = _scaled(self.scaling, logits)
        first = self.logistic.log_odds(_columns(self.reading, logits, scaled, evidence))
        return self.knee.log_odds(_kneed(first))


def fit_cell_model(cells: JudgedCells) -> CellModel:
    """Choose a reading by cross-validation, and fit it to all cells.

    Raises:
        InputError: If the cells do not hold both signs.
    """
    readings = [each for each in READINGS if cells.evidence is not None or not each.evidence]
    inner = _cross_scaled(cells)
    unmet = {each: _unmet_log_odds(each, cells, inner) for each in readings}
    losses = {each: _losses(unmet[each], cells) for each in readings}
    plainest = losses[PLAINEST]
    best = min(readings, key=lambda each: float(losses[each].mean()))
    gains = plainest - losses[best]
    gain, error = float(gains.mean()), float(gains.std() / np.sqrt(max(len(gains), 1)))
    if gain <= error:
        best, gain = PLAINEST, 0.0
    logistic = _fit(best, cells, inner, np.ones(len(cells.part), bool))
    knee = _fit_knee(unmet[best], cells, np.ones(len(cells.part), bool))
    return CellModel(
        reading=best,
        scaling=fit_scaling(cells.logits, cells.truth, cells.known),
        logistic=logistic,
        knee=knee,
        gain=gain,
        gain_error=error,
    )


def _cross_scaled(cells: JudgedCells) -> Float32[np.ndarray, "examples labels"]:
    """Each image's logits, scaled label by label by what the other parts teach."""
    result = np.empty(cells.logits.shape, np.float32)
    for number in np.unique(cells.part):
        inside = cells.part == number
        scaling = fit_scaling(cells.logits[~inside], cells.truth[~inside], cells.known[~inside])
        result[inside] = _scaled(scaling, cells.logits[inside])
    return result


def _unmet_log_odds(
    reading: Reading, cells: JudgedCells, inner: Float32[np.ndarray, "examples labels"]
) -> Float32[np.ndarray, "examples labels"]:
    """Each image's log-odds after the first step, by what the other parts teach."""
    result = np.zeros(cells.logits.shape, np.float32)
    for number in np.unique(cells.part):
        inside = cells.part == number
        rest = ~inside if _both_signs(cells.truth[~inside], cells.known[~inside]) else inside
        evidence = None if cells.evidence is None else cells.evidence[inside]
        columns = _columns(reading, cells.logits[inside], inner[inside], evidence)
        result[inside] = _fit(reading, cells, inner, rest).log_odds(columns)
    return result


def _losses(
    unmet: Float32[np.ndarray, "examples labels"], cells: JudgedCells
) -> Float[np.ndarray, " examples"]:
    """Log loss of each image with known cells, summed over its cells, after both steps."""
    losses = np.zeros(len(cells.part))
    for number in np.unique(cells.part):
        inside = cells.part == number
        rest = ~inside if _both_signs(cells.truth[~inside], cells.known[~inside]) else inside
        z = _fit_knee(unmet, cells, rest).log_odds(_kneed(unmet[inside])).astype(np.float64)
        each = np.logaddexp(0, z) - cells.truth[inside] * z
        losses[inside] = (each * cells.known[inside]).sum(axis=1)
    return losses[cells.known.any(axis=1)]


def _fit(
    reading: Reading,
    cells: JudgedCells,
    inner: Float32[np.ndarray, "examples labels"],
    rows: Bool[np.ndarray, " examples"],
) -> RidgeLogistic:
    known = cells.known[rows]
    truth = cells.truth[rows][known]
    evidence = None if cells.evidence is None else cells.evidence[rows]
    columns = _columns(reading, cells.logits[rows], inner[rows], evidence)[known]
    ridge = RIDGE if columns.shape[1] > 1 else RIDGE / 10
    return fit_ridge_logistic(lambda: _once(columns, truth), ridge=ridge)


def _fit_knee(
    unmet: Float32[np.ndarray, "examples labels"],
    cells: JudgedCells,
    rows: Bool[np.ndarray, " examples"],
) -> RidgeLogistic:
    """On log-odds of images that the first step had not met: it is too sure of those it has."""
    known = cells.known[rows]
    columns, truth = _kneed(unmet[rows][known]), cells.truth[rows][known]
    return fit_ridge_logistic(lambda: _once(columns, truth), ridge=KNEE_RIDGE)


def _once(columns: np.ndarray, truth: np.ndarray) -> Iterator[Block]:
    yield columns, truth


def _columns(
    reading: Reading,
    logits: Float32[np.ndarray, "rows labels"],
    scaled: Float32[np.ndarray, "rows labels"],
    evidence: Float32[np.ndarray, "rows labels features"] | None,
) -> Float32[np.ndarray, "rows labels columns"]:
    scores = (scaled,) if reading.score == "scaled" else (logits, scaled)
    columns = np.stack(scores, axis=-1).astype(np.float32)
    if not reading.evidence or evidence is None:
        return columns
    return np.concatenate([columns, evidence], axis=-1)


def _kneed(log_odds: Float32[np.ndarray, "*cells"]) -> Float32[np.ndarray, "*cells columns"]:
    return np.stack([log_odds, np.maximum(log_odds - np.float32(KNEE), 0)], axis=-1)


def _scaled(
    scaling: Scaling, logits: Float32[np.ndarray, "rows labels"]
) -> Float32[np.ndarray, "rows labels"]:
    return np.clip(scaling.slope * logits + scaling.intercept, -60, 60).astype(np.float32)


def _both_signs(truth: np.ndarray, known: np.ndarray) -> bool:
    counted = truth[known]
    return bool(counted.any() and not counted.all())
