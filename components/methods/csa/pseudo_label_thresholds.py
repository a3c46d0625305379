"""From which score on an unknown cell is called present, label by label.

``cap``: so that each label is as frequent among unknown cells as among known ones;
``f_beta``: where F-beta is highest on known cells. A label without a known negative
has no share to read off, and every threshold is equally right on its known cells.
There, under both policies, its share is a prior: known positives ÷ images with a known
positive × positives expected in an image (single positives: 1, the least there can be,
unless settings say more). Ours, as the descriptions only know labelled images.
"""

import numpy as np
from jaxtyping import Float, Float32, Int8

from components.labelers.class_proportions import ClassProportions, positive_share
from components.labelers.f_beta_threshold import FBetaThreshold
from components.labels.states import ABSENT, PRESENT, UNKNOWN
from components.methods.csa.settings import Policy


def class_thresholds(
    policy: Policy,
    probabilities: Float32[np.ndarray, "examples labels"],
    states: Int8[np.ndarray, "examples labels"],
    *,
    beta: float,
    expected_positives: float,
) -> Float32[np.ndarray, " labels"]:
    """Present where a probability is at least this; infinity for never.

    Args:
        policy: See above.
        probabilities: Of all training images.
        states: Known cells.
        beta: Of F-beta.
        expected_positives: Labels present in an image, for the prior.
    """
    has_negative = (states == ABSENT).any(axis=0)
    share = np.where(has_negative, positive_share(states), prior_share(states, expected_positives))
    by_share = _reached_by(ClassProportions(), probabilities, states, share)
    if policy == "cap":
        return by_share
    known = states != UNKNOWN
    fitted = FBetaThreshold(beta=beta).fit(probabilities, states == PRESENT, known)
    return np.where(has_negative, fitted.thresholds, by_share).astype(np.float32)


def prior_share(
    states: Int8[np.ndarray, "examples labels"], expected_positives: float
) -> Float[np.ndarray, " labels"]:
    """Share of images a label is expected in, from how often it is the one written down."""
    present = states == PRESENT
    count = present.sum()
    share = present.sum(axis=0) / max(int(count), 1)
    return np.minimum(share * expected_positives, 1.0)


def _reached_by(
    labeler: ClassProportions,
    probabilities: Float32[np.ndarray, "examples labels"],
    states: Int8[np.ndarray, "examples labels"],
    share: Float[np.ndarray, " labels"],
) -> Float32[np.ndarray, " labels"]:
    """Halfway between what the share proposes and what it does not."""
    proposed = labeler.propose(probabilities, states, share).states == PRESENT
    left = (states == UNKNOWN) & ~proposed
    lowest = np.where(proposed, probabilities, np.inf).min(axis=0, initial=np.inf)
    highest = np.where(left, probabilities, -np.inf).max(axis=0, initial=-np.inf)
    highest = np.where(np.isinf(highest), lowest, highest)
    return ((lowest + highest) / 2).astype(np.float32)
