"""The space that the sweep samples, as plain distributions.

The grid in the comments of VLPL's released code (temperature 0.01 to 0.1,
threshold 0.1 to 0.3, negative share 0.1 to 0.4) lies inside it.
"""

import numpy as np

from components.labelers.catalog import Labeler
from components.labelers.softmax_threshold import SoftmaxThreshold
from components.methods.vlpl.calibrated_threshold import CalibratedThreshold
from components.methods.vlpl.recipe import VLPL
from tuning.candidate import PUBLISHED, Candidate


def candidates(num_trials: int, *, seed: int, calibrated: bool) -> list[Candidate]:
    """The published settings, then ``num_trials - 1`` random ones.

    Args:
        num_trials: How many in all; at least 1.
        seed: Same seed, same list; a longer list begins with the shorter one.
        calibrated: Whether calibrated probabilities can be had, so that
            their labeler takes part (every second trial).
    """
    random = np.random.default_rng(seed)
    made = [PUBLISHED]
    for number in range(1, num_trials):
        labeler = _calibrated(random) if calibrated and number % 2 else _softmax(random)
        made.append(Candidate(labeler=labeler, recipe=_loss(random)))
    return made


def _softmax(random: np.random.Generator) -> Labeler:
    return SoftmaxThreshold(
        theta=_round(random.uniform(0.05, 0.5)),
        temperature_factor=float(random.choice([0.5, 1.0, 2.0, 4.0])),
        negative_share=float(random.choice([0.0, 0.1, 0.2, 0.4])),
    )


def _calibrated(random: np.random.Generator) -> Labeler:
    return CalibratedThreshold(
        theta=_round(random.uniform(0.2, 0.8)),
        theta_negative=float(random.choice([0.0, 0.005, 0.01, 0.03])),
    )


def _loss(random: np.random.Generator) -> VLPL:
    return VLPL(
        alpha=float(random.choice([0.0, 0.01, 0.03, 0.1, 0.2])),
        beta=float(random.choice([0.3, 0.5, 0.7, 1.0])),
        beta_negative=float(random.choice([0.03, 0.1, 0.3, 1.0])),
    )


def _round(value: float) -> float:
    return round(value, 3)
