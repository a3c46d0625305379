"""One trial: propose, train briefly, and look at the hold-out."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Int8

from components.calibration.thresholds import best_thresholds
from components.labelers.proposals import Proposals
from components.methods.vlpl.calibrated_threshold import CalibratedThreshold
from components.training.data import Holdout, Names, Schedule, TrainingSet
from components.training.inference import head_logits
from components.training.loop import fit
from tuning.candidate import Candidate

TRIAL_SEEDS = (1001, 1002)
"""Of the trials' fits; apart from the seeds whose results are reported."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """What every trial shares; the test split is not in it."""

    views: Float32[np.ndarray, "views examples embed"]
    states: Int8[np.ndarray, "examples labels"]
    zero_shot_logits: Float32[np.ndarray, "examples labels"]
    probabilities: Float32[np.ndarray, "examples labels"] | None
    """Calibrated zero-shot; None where too little is verified to calibrate on."""
    names: Names
    holdout: Holdout
    schedule: Schedule

    def propose(self, candidate: Candidate) -> Proposals:
        """The candidate's proposals for the unknown training cells."""
        if isinstance(candidate.labeler, CalibratedThreshold):
            if self.probabilities is None:
                raise ValueError("the calibrated labeler needs verified labels in the hold-out")
            return candidate.labeler.propose(self.probabilities, self.states)
        return candidate.labeler.propose(self.zero_shot_logits, self.states)


def trial_figures(candidate: Candidate, problem: Problem) -> dict[str, float]:
    """Figures of one candidate on the hold-out.

    Returns:
        ``holdout_mAP``, which the sweep maximises; ``holdout_CF1``, the mean
        over labels of F1 at each label's best threshold, all thresholds of all
        labels swept at once; and the mean number of proposals an image.
    """
    proposals = problem.propose(candidate)
    data = TrainingSet(views=problem.views, states=problem.states, proposals=proposals.states)
    scores: list[float] = []
    f1: list[float] = []
    for seed in TRIAL_SEEDS:
        result = fit(
            candidate.recipe,
            data,
            problem.holdout,
            problem.names,
            problem.schedule,
            seed=seed,
        )
        scores.append(result.best_score)
        logits = head_logits(result.head, problem.holdout.vectors, None)
        f1.append(_best_f1(logits, problem.holdout))
    return {
        "holdout_mAP": float(np.mean(scores)),
        "holdout_CF1": float(np.mean(f1)),
        "positives_per_image": float((proposals.states == 1).sum(axis=1).mean()),
        "negatives_per_image": float((proposals.states == -1).sum(axis=1).mean()),
    }


def _best_f1(logits: Float32[np.ndarray, "examples labels"], holdout: Holdout) -> float:
    probabilities = 1 / (1 + np.exp(-logits.astype(np.float64)))
    best = best_thresholds(probabilities, holdout.truth, holdout.known)
    return float(np.nanmean(best.score)) if np.isfinite(best.score).any() else 0.0
