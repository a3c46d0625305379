"""Test figures of one cell, and the same figures in every draw of the test images."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float32, Int8

from components.calibration.thresholds import best_thresholds, shared_threshold
from components.labels.states import PRESENT, UNKNOWN
from components.metrics.bootstrap import (
    draw_images,
    drawn_average_precision,
    drawn_decisions,
    drawn_mean_average_precision,
)
from components.metrics.decisions import class_f1, overall_f1
from components.metrics.ranking import average_precision
from components.training.task import Holdout

NUM_DRAWS = 1000
DRAW_SEED = 0
MANY_LABELS = 3
MIN_POSITIVES = 10
"""Known positives in the hold-out that make a threshold of the label's own."""
_GRID = np.linspace(-4, 8, 481)
"""Thresholds in standard deviations of a label's hold-out logits."""

Logits = Float32[np.ndarray, "examples labels"]


@dataclass(frozen=True, kw_only=True, slots=True)
class CellFigures:
    """Figures, and each in every draw."""

    metrics: dict[str, float]
    draws: dict[str, Float32[np.ndarray, " draws"]]


def score(
    logits: Logits,
    states: Int8[np.ndarray, "examples labels"],
    holdout_logits: Logits,
    holdout: Holdout,
) -> CellFigures:
    """Figures of a cell on the test split.

    mAP: mean over the labels that have a positive. mAP_images: mean over images of the
    average precision of their labels. mAP_many, mAP_few: mAP on the images with three
    labels or more, and with fewer. CF1, OF1: of decisions whose thresholds were chosen
    on the hold-out. The draws are the same for all cells of a world.
    """
    truth, known = states == PRESENT, states != UNKNOWN
    weights = draw_images(len(states), NUM_DRAWS, seed=DRAW_SEED)
    many = truth.sum(axis=1) >= MANY_LABELS
    groups = {"mAP": np.ones_like(many), "mAP_many": many, "mAP_few": ~many}
    metrics: dict[str, float] = {}
    draws: dict[str, np.ndarray] = {}
    for name, rows in groups.items():
        metrics[name] = _mean(average_precision(logits[rows], truth[rows], known[rows]))
        draws[name] = drawn_mean_average_precision(
            drawn_average_precision(logits[rows], truth[rows], known[rows], weights[:, rows])
        )
    metrics["mAP_images"] = _mean(average_precision(logits.T, truth.T, known.T))
    decided = decisions_at_best_f1(logits, holdout_logits, holdout)
    metrics |= _decision_figures(decided, truth, known)
    draws["CF1"], draws["OF1"] = drawn_decisions(decided, truth, known, weights)
    return CellFigures(metrics=metrics, draws={n: d.astype(np.float32) for n, d in draws.items()})


def decisions_at_best_f1(
    logits: Logits, holdout_logits: Logits, holdout: Holdout
) -> Bool[np.ndarray, "examples labels"]:
    """Yes or no at the thresholds of highest F1 on the hold-out.

    A label with few known positives there takes the threshold that all share.
    Logits are brought to the scale of each label's hold-out first, since methods
    differ in scale; that changes no decision at a threshold of the label's own.
    """
    centre, spread = holdout_logits.mean(axis=0), holdout_logits.std(axis=0)
    spread = np.where(spread > 0, spread, 1.0)
    scaled = (holdout_logits - centre) / spread
    best = best_thresholds(scaled, holdout.truth, holdout.known, grid=_GRID)
    shared = shared_threshold(scaled, holdout.truth, holdout.known, grid=_GRID)
    own = (best.positives >= MIN_POSITIVES) & np.isfinite(best.threshold)
    # Without any positive there is nothing to choose by: no tag is given.
    threshold = np.where(own, best.threshold, shared if np.isfinite(shared) else np.inf)
    return (logits - centre) / spread >= threshold


def _decision_figures(
    decided: Bool[np.ndarray, "examples labels"],
    truth: Bool[np.ndarray, "examples labels"],
    known: Bool[np.ndarray, "examples labels"],
) -> dict[str, float]:
    hits = (decided & truth & known).sum(axis=0)
    chosen = (decided & known).sum(axis=0)
    positives = (truth & known).sum(axis=0)
    return {
        "CF1": float(class_f1(hits, chosen, positives)),
        "OF1": float(overall_f1(hits, chosen, positives)),
    }


def _mean(values: np.ndarray) -> float:
    """Over what can be measured; NaN where nothing can."""
    measured = values[~np.isnan(values)]
    return float(measured.mean()) if measured.size else float("nan")
