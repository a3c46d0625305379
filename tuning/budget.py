"""How many attempts a method gets: what a small hold-out cannot tell apart is not tried."""

from collections.abc import Sequence

from tuning.trial import Trial

BUDGETS = ((30, 1), (60, 2))
"""With fewer labelled hold-out images than the first, as many attempts a method as the second;
with more, all. At the default share of 15 % that is below 200 and below 400 labelled images."""


def within_budget(trials: Sequence[Trial], num_labelled: int) -> list[Trial]:
    """The trials of one method that its hold-out is large enough for, in their order.

    The first is always among them (the published settings, or the most cautious ones); of two
    the other is the last, as far from the first as attempts go.

    Args:
        trials: All attempts of one method.
        num_labelled: Hold-out images of which at least one cell is known.
    """
    most = next((most for below, most in BUDGETS if num_labelled < below), len(trials))
    return [*trials[:1], *trials[1:][-(most - 1) :]] if most > 1 else list(trials[:1])
