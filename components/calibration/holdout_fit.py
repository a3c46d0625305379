"""Fits a calibration to the known cells of a hold-out."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from jaxtyping import Bool, Float

from components.calibration.calibration import Calibration
from components.calibration.scaling import fit_scaling
from components.calibration.thresholds import (
    best_thresholds,
    drawn_thresholds,
    shared_threshold,
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
    min_positives: int = 10,
    beta: float = 1.0,
    num_bootstrap: int = 200,
    seed: int = 0,
) -> Calibration:
    """Fit probabilities and thresholds on the known cells of a hold-out.

    A label with fewer than ``min_positives`` known positives or negatives takes
    the threshold that is best for all labels together. When no label has cells
    of both signs nothing can be fitted: logits pass through a plain sigmoid and
    every threshold is 0.5, with source ``none``.

    Args:
        logits: The tagger's logits on the hold-out.
        truth: Whether the label is present; ignored where not known.
        known: Which cells count.
        names: The labels, in column order.
        min_positives: Support that a threshold of one's own takes.
        beta: Thresholds maximise F-beta.
        num_bootstrap: Draws behind the thresholds' intervals; 0 for none.
        seed: Seed of the draws.
    """
    scaling = fit_scaling(logits, truth, known)
    unfitted = np.full(len(names), np.nan)
    result = Calibration(
        names=tuple(names),
        slope=scaling.slope,
        intercept=scaling.intercept,
        threshold=np.full(len(names), DEFAULT_THRESHOLD),
        threshold_low=unfitted,
        threshold_high=unfitted,
        f_beta=unfitted,
        positives=(truth & known).sum(axis=0),
        negatives=(~truth & known).sum(axis=0),
        source=("none",) * len(names),
    )
    if not result.positives.any() or not result.negatives.any():
        return result
    probabilities = result.probabilities(logits)
    own = (result.positives >= min_positives) & (result.negatives >= min_positives)
    best = best_thresholds(probabilities, truth, known, beta=beta)
    shared = shared_threshold(probabilities, truth, known, beta=beta)
    threshold = np.where(own, best.threshold, shared)
    low, high = unfitted, unfitted
    if num_bootstrap and own.any():
        weights = draw_images(len(logits), num_bootstrap, seed=seed)
        draws = drawn_thresholds(
            probabilities[:, own], truth[:, own], known[:, own], weights, beta=beta
        )
        low, high = _ends(draws, own)
    return replace(
        result,
        threshold=threshold,
        threshold_low=low,
        threshold_high=high,
        f_beta=f_beta_at(probabilities >= threshold, truth, known, beta=beta),
        source=tuple("class" if label_own else "shared" for label_own in own),
    )


def _ends(
    draws: Float[np.ndarray, "draws own"], own: Bool[np.ndarray, " labels"]
) -> tuple[Float[np.ndarray, " labels"], Float[np.ndarray, " labels"]]:
    tail = (1 - CONFIDENCE) / 2
    ends = np.full((2, len(own)), np.nan)
    ends[:, own] = np.nanquantile(draws, [tail, 1 - tail], axis=0)
    return ends[0], ends[1]
