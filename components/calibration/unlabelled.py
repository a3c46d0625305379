"""Decisions where no label is known: a picture stands out among the user's own, or it does not.

How high a score means "present" differs from label to label and from encoder to encoder, and
without labels nothing tells. What can be seen is how a label's scores spread over the
photographs. So each label's scores are standardised over them, and a tag is given where a
picture lies ``STANDS_OUT`` standard deviations above the average. The numbers that come out
are scores, not probabilities: a label that half of the photographs show is given too rarely,
and one that none of them shows is given to a few all the same.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from components.calibration.calibration import Calibration

STANDS_OUT = 1.25
"""In standard deviations of the label's scores. Of 1, 1.25, 1.5 and 2, the best macro F1 over
three sets of photographs and draws of 6 to 80 labels (docs/results/no-labels.md)."""

PRIOR_IMAGES = 10.0
"""How many photographs the spread of all labels together counts, beside the label's own."""


def standardised(logits: Float[np.ndarray, "examples labels"], names: Sequence[str]) -> Calibration:
    """A calibration in form alone: score 0.5, the threshold, where a picture stands out.

    Scores rank pictures within a label as the logits do, and every source is ``none``.

    Args:
        logits: Of photographs like those that will be tagged; at least one.
        names: The labels, in column order.

    Example:
        >>> logits = np.array([[9.0], [9.0], [9.0], [9.0], [14.0]])
        >>> found = standardised(logits, ["dog"])
        >>> found.decide(found.probabilities(logits))[:, 0].tolist()
        [False, False, False, False, True]
    """
    num_labels = len(names)
    mean, variance = logits.mean(axis=0), logits.var(axis=0)
    pooled = float(variance.mean())
    shrunk = (len(logits) * variance + PRIOR_IMAGES * pooled) / (len(logits) + PRIOR_IMAGES)
    # One picture, or copies of it: nothing spreads, and none stands out.
    slope = 1 / np.sqrt(np.where(shrunk > 0, shrunk, 1.0))
    unfitted = np.full(num_labels, np.nan)
    nothing = np.zeros(num_labels, np.int64)
    return Calibration(
        names=tuple(names),
        slope=slope,
        intercept=-slope * mean - STANDS_OUT,
        threshold=np.full(num_labels, 0.5),
        threshold_low=unfitted,
        threshold_high=unfitted,
        f_beta=unfitted,
        positives=nothing,
        negatives=nothing,
        source=("none",) * num_labels,
        holdout_positives=nothing,
    )
