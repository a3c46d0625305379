"""The most cautious attempt that the hold-out cannot tell from its favourite.

Where few labels are known the hold-out is as poor as the training set, and its favourite
is often luck. Source: the one-standard-error rule of Breiman et al., "Classification and
Regression Trees", 1984, section 3.4.3; the standard error is that of the paired
difference, by drawing hold-out images again.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float32

from components.metrics.bootstrap import (
    draw_images,
    drawn_average_precision,
    drawn_mean_average_precision,
)
from components.training.data import Holdout
from components.training.inference import head_logits
from components.training.loop import FitResult

NUM_DRAWS = 200
MIN_JUDGED_IMAGES = 20
"""With fewer, every choice is luck, and so is its standard error."""


def cautious_choice(results: Sequence[FitResult], holdout: Holdout) -> int:
    """Place of the first result within a standard error of the best.

    Args:
        results: The most cautious first.
        holdout: What they were judged on.
    """
    scores = [result.best_score for result in results]
    best = int(np.argmax(scores))
    if best == 0 or holdout.known.any(axis=1).sum() < MIN_JUDGED_IMAGES:
        return 0
    drawn = [_drawn(result, holdout) for result in results[: best + 1]]
    for place in range(best):
        difference = drawn[best] - drawn[place]
        if scores[best] - scores[place] <= float(np.nanstd(difference)):
            return place
    return best


def _drawn(result: FitResult, holdout: Holdout) -> Float32[np.ndarray, " draws"]:
    """Hold-out mAP in every draw of its images."""
    logits = head_logits(result.head, holdout.vectors, holdout.regions)
    weights = draw_images(len(logits), NUM_DRAWS, seed=0)
    each = drawn_average_precision(logits, holdout.truth, holdout.known, weights)
    return drawn_mean_average_precision(each)
