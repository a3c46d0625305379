"""Fits a calibration to the known cells of a hold-out, and to what cross-fitting adds."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from jaxtyping import Bool, Float

from components.calibration.calibration import Calibration
from components.calibration.cells import CalibrationCells, CrossFitted, calibration_cells
from components.calibration.partial_pooling import fit_curves
from components.calibration.thresholds import (
    best_thresholds,
    drawn_thresholds,
    shared_threshold,
    shrunk_thresholds,
)
from components.metrics.bootstrap import draw_images
from components.metrics.decisions import f_beta_at

DEFAULT_THRESHOLD = 0.5
CONFIDENCE = 0.95


def calibrate(
    logits: Float[np.ndarray, "examples labels"],
    truth: Bool[np.ndarray, "examples labels"],
    known: Bool[np.ndarray, "examples labels"],
    names: Sequence[str],
    *,
    cross: CrossFitted | None = None,
    min_positives: int = 10,
    beta: float = 1.0,
    num_bootstrap: int = 200,
    seed: int = 0,
) -> Calibration:
    """Fit probabilities and thresholds to known cells.

    Each label's threshold is drawn towards the one that is best for all labels together, which
    counts as ``min_positives`` positives; below that many positives or negatives the shared one
    has the upper hand, and is named as its source. When no label has cells
    of both signs nothing can be fitted: logits pass through a plain sigmoid and
    every threshold is 0.5, with source ``none``.

    Args:
        logits: The tagger's logits on the hold-out.
        truth: Whether the label is present; ignored where not known.
        known: Which cells count.
        names: The labels, in column order.
        cross: Scores of the same images and of training images by models that never met them.
        min_positives: Support that a threshold of one's own takes.
        beta: Thresholds maximise F-beta.
        num_bootstrap: Draws behind the thresholds' intervals; 0 for none.
        seed: Seed of the draws.
    """
    cells = calibration_cells(logits, truth, known, cross)
    curves = fit_curves(cells.logits, cells.truth, cells.known, cells.weight)
    unfitted = np.full(len(names), np.nan)
    result = Calibration(
        names=tuple(names),
        slope=curves.slope,
        intercept=curves.intercept,
        threshold=np.full(len(names), DEFAULT_THRESHOLD),
        threshold_low=unfitted,
        threshold_high=unfitted,
        f_beta=unfitted,
        positives=cells.positives,
        negatives=cells.negatives,
        source=("none",) * len(names),
        holdout_positives=(truth & known).sum(axis=0),
    )
    if not result.positives.any() or not result.negatives.any():
        return result
    probabilities = result.probabilities(cells.logits)
    own = (result.positives >= min_positives) & (result.negatives >= min_positives)
    found = (probabilities, cells.truth, cells.known)
    best = best_thresholds(*found, weights=cells.weight, beta=beta)
    shared = shared_threshold(*found, weights=cells.weight, beta=beta)
    low, high = unfitted, unfitted
    if num_bootstrap and own.any():
        low, high = _ends(
            _drawn(probabilities, cells, own, shared, min_positives, beta, num_bootstrap, seed), own
        )
    threshold = shrunk_thresholds(best.threshold, shared, best.positives, float(min_positives))
    decided = result.probabilities(logits) >= threshold
    return replace(
        result,
        threshold=threshold,
        threshold_low=np.where(own, np.fmin(low, threshold), np.nan),
        threshold_high=np.where(own, np.fmax(high, threshold), np.nan),
        f_beta=f_beta_at(decided, truth, known, beta=beta),
        source=tuple("class" if label_own else "shared" for label_own in own),
    )


def _drawn(
    probabilities: Float[np.ndarray, "rows labels"],
    cells: CalibrationCells,
    own: Bool[np.ndarray, " labels"],
    shared: float,
    min_positives: int,
    beta: float,
    num_bootstrap: int,
    seed: int,
) -> Float[np.ndarray, "draws own"]:
    """The thresholds of the labels that have their own, in every draw of the images."""
    images = draw_images(cells.num_images, num_bootstrap, seed=seed)
    weights = images[:, cells.image] * cells.weight
    truth, known = cells.truth[:, own], cells.known[:, own]
    drawn = drawn_thresholds(probabilities[:, own], truth, known, weights, beta=beta)
    return shrunk_thresholds(drawn, shared, weights @ (truth & known), float(min_positives))


def _ends(
    draws: Float[np.ndarray, "draws own"], own: Bool[np.ndarray, " labels"]
) -> tuple[Float[np.ndarray, " labels"], Float[np.ndarray, " labels"]]:
    tail = (1 - CONFIDENCE) / 2
    ends = np.full((2, len(own)), np.nan)
    ends[:, own] = np.nanquantile(draws, [tail, 1 - tail], axis=0)
    return ends[0], ends[1]
