"""From a head's logits, and what else speaks for a cell, to log-odds that can be believed.

Two steps, ours. First one logistic model for the cells of all labels reads the logit, scaled
label by label (:mod:`components.calibration.partial_pooling`), with the evidence or without. Then a curve with a knee straightens what a logistic model bends where few
cells lie: the surest ones, which are those that are proposed.

Whether the evidence is read is found by cross-validation over the images that it is fitted to:
only where its gain in log loss is beyond its standard error.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float, Float32, Int64

from components.calibration.partial_pooling import fit_curves
from components.calibration.scaling import Scaling
from components.labelers.ridge_logistic import Block, RidgeLogistic, fit_ridge_logistic

NUM_PARTS = 3
RIDGE = 10.0
"""Of the first step; with the score alone, where nothing competes with it, a tenth."""
KNEE = -1.5
"""Log-odds from which on the curve may rise faster or more slowly (about 0.18)."""
KNEE_RIDGE = 1.0
MOST_CELLS = 1 << 21
"""Cells that a model is fitted to; of more images a part is taken, evenly."""


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

    reads_evidence: bool
    scaling: Scaling
    logistic: RidgeLogistic
    knee: RidgeLogistic
    gain: float
    """By which evidence lowers the log loss of an image, cross-validated; 0 without evidence."""
    gain_error: float
    """The standard error of that."""

    def log_odds(
        self,
        logits: Float32[np.ndarray, "rows labels"],
        evidence: Float32[np.ndarray, "rows labels features"] | None,
    ) -> Float32[np.ndarray, "rows labels"]:
        """Of every cell of some images."""
        columns = _columns(_scaled(self.scaling, logits), evidence if self.reads_evidence else None)
        first = self.logistic.log_odds(columns)
        return self.knee.log_odds(_kneed(first))


def fit_cell_model(cells: JudgedCells) -> CellModel:
    """Find by cross-validation whether to read the evidence, and fit to all cells.

    Raises:
        InputError: If the cells do not hold both signs.
    """
    inner = _cross_scaled(cells)
    plain = replace(cells, evidence=None)
    taken, unmet, gain, error = plain, _unmet_log_odds(plain, inner), 0.0, 0.0
    if cells.evidence is not None:
        richer = _unmet_log_odds(cells, inner)
        gains = _losses(unmet, cells) - _losses(richer, cells)
        gain, error = float(gains.mean()), float(gains.std() / np.sqrt(max(len(gains), 1)))
        if gain > error:
            taken, unmet = cells, richer
    every = np.ones(len(cells.part), bool)
    return CellModel(
        reads_evidence=taken.evidence is not None,
        scaling=fit_curves(cells.logits, cells.truth, cells.known),
        logistic=_fit(taken, inner, every),
        knee=_fit_knee(unmet, cells, every),
        gain=gain,
        gain_error=error,
    )


def _cross_scaled(cells: JudgedCells) -> Float32[np.ndarray, "examples labels"]:
    """Each image's logits, scaled label by label by what the other parts teach."""
    result = np.empty(cells.logits.shape, np.float32)
    for number in np.unique(cells.part):
        inside = cells.part == number
        scaling = fit_curves(cells.logits[~inside], cells.truth[~inside], cells.known[~inside])
        result[inside] = _scaled(scaling, cells.logits[inside])
    return result


def _unmet_log_odds(
    cells: JudgedCells, inner: Float32[np.ndarray, "examples labels"]
) -> Float32[np.ndarray, "examples labels"]:
    """Each image's log-odds after the first step, by what the other parts teach."""
    result = np.zeros(cells.logits.shape, np.float32)
    for number in np.unique(cells.part):
        inside = cells.part == number
        evidence = None if cells.evidence is None else cells.evidence[inside]
        columns = _columns(inner[inside], evidence)
        result[inside] = _fit(cells, inner, _others(cells, inside)).log_odds(columns)
    return result


def _others(cells: JudgedCells, inside: Bool[np.ndarray, " examples"]) -> np.ndarray:
    """All other images; or those inside themselves, where the others lack a sign."""
    return ~inside if _both_signs(cells.truth[~inside], cells.known[~inside]) else inside


def _losses(
    unmet: Float32[np.ndarray, "examples labels"], cells: JudgedCells
) -> Float[np.ndarray, " examples"]:
    """Log loss of each image with known cells, summed over its cells, after both steps."""
    losses = np.zeros(len(cells.part))
    for number in np.unique(cells.part):
        inside = cells.part == number
        z = (
            _fit_knee(unmet, cells, _others(cells, inside))
            .log_odds(_kneed(unmet[inside]))
            .astype(np.float64)
        )
        each = np.logaddexp(0, z) - cells.truth[inside] * z
        losses[inside] = (each * cells.known[inside]).sum(axis=1)
    return losses[cells.known.any(axis=1)]


def _fit(
    cells: JudgedCells,
    inner: Float32[np.ndarray, "examples labels"],
    rows: Bool[np.ndarray, " examples"],
) -> RidgeLogistic:
    known = cells.known[rows]
    truth = cells.truth[rows][known]
    evidence = None if cells.evidence is None else cells.evidence[rows]
    columns = _columns(inner[rows], evidence)[known]
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
    scaled: Float32[np.ndarray, "rows labels"],
    evidence: Float32[np.ndarray, "rows labels features"] | None,
) -> Float32[np.ndarray, "rows labels columns"]:
    if evidence is None:
        return scaled[..., None]
    return np.concatenate([scaled[..., None], evidence], axis=-1)


def _kneed(log_odds: Float32[np.ndarray, "*cells"]) -> Float32[np.ndarray, "*cells columns"]:
    return np.stack([log_odds, np.maximum(log_odds - np.float32(KNEE), 0)], axis=-1)


def _scaled(
    scaling: Scaling, logits: Float32[np.ndarray, "rows labels"]
) -> Float32[np.ndarray, "rows labels"]:
    return np.clip(scaling.slope * logits + scaling.intercept, -60, 60).astype(np.float32)


def _both_signs(truth: np.ndarray, known: np.ndarray) -> bool:
    counted = truth[known]
    return bool(counted.any() and not counted.all())
