"""Which attempt of a method is taken: the hold-out's favourite, or a more cautious one.

Published methods are chosen as they are published, by the best score alone. A method whose
row says that it is cautious takes, of its attempts in their order from cautious to bold, the
first within a standard error of the best: where few labels are known the hold-out is as poor
as the training set, and its favourite is often luck. Source: the one-standard-error rule of
Breiman et al., "Classification and Regression Trees", 1984, section 3.4.3; the standard
error is that of the paired difference, by drawing hold-out images again.
"""

from collections.abc import Sequence

import numpy as np

from components.methods.catalog import METHODS
from components.training.task import Holdout
from tuning.trial import Outcome

MIN_JUDGED_IMAGES = 20
"""With fewer, every choice is luck, and so is its standard error."""


def choose(outcomes: Sequence[Outcome], holdout: Holdout) -> int:
    """Place of the attempt that is taken; of equals the first.

    Args:
        outcomes: Of all attempts of one method, in their order.
        holdout: What they were judged on.
    """
    best = int(np.argmax([outcome.score for outcome in outcomes]))
    if not METHODS[outcomes[best].trial.method].is_cautious:
        return best
    return _first_within_one_standard_error(outcomes, best, holdout)


def _first_within_one_standard_error(
    outcomes: Sequence[Outcome], best: int, holdout: Holdout
) -> int:
    if best == 0 or holdout.known.any(axis=1).sum() < MIN_JUDGED_IMAGES:
        return 0
    favourite = outcomes[best]
    for place, outcome in enumerate(outcomes[:best]):
        difference = np.asarray(favourite.draws) - np.asarray(outcome.draws)
        if favourite.score - outcome.score <= float(np.nanstd(difference)):
            return place
    return best
