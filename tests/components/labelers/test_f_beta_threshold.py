import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from components.labelers.f_beta_threshold import GRID, FBetaThreshold

SHAPE = (7, 5)
# A coarse grid of values gives many ties.
scores_of = arrays(np.float32, SHAPE, elements=st.sampled_from(np.linspace(0, 1, 21).tolist()))
truth_of = arrays(np.bool_, SHAPE)


@settings(max_examples=40, deadline=None)
@given(scores_of, truth_of, truth_of, st.sampled_from([0.25, 0.5, 1.0, 2.0]))
def test_f_beta_thresholds_reach_the_best_value_of_the_grid(scores, truth, known, beta):
    found = FBetaThreshold(beta=beta).fit(scores, truth, known).thresholds
    released = FBetaThreshold(beta=beta, variant="released").fit(scores, truth, known).thresholds
    for label in range(SHAPE[1]):
        cells = known[:, label]
        values, right = scores[cells, label], truth[cells, label]
        if not right.any():
            assert found[label] == released[label] == np.inf
            continue
        by_grid = [_f_beta(values, right, t, beta, beta**2) for t in GRID]
        at_found = _f_beta(values, right, found[label], beta, beta**2)
        assert at_found == pytest.approx(max(by_grid))
        by_grid = [_f_beta(values, right, t, beta, beta) for t in GRID]
        # The grid ends at 0.99: a positive at score 1 is always reached.
        assert released[label] == np.inf if max(by_grid) == 0 else True
        if max(by_grid) > 0:
            assert _f_beta(values, right, released[label], beta, beta) == pytest.approx(
                max(by_grid)
            )


def _f_beta(values, right, threshold, beta, precision_factor):
    chosen = values >= threshold
    hits = (chosen & right).sum()
    if not hits:
        return 0.0
    precision, recall = hits / chosen.sum(), hits / right.sum()
    return (1 + beta**2) * precision * recall / (precision_factor * precision + recall)


def test_the_released_denominator_differs_from_f_beta():
    # At 0.9: P 1, R 1/4; at 0.5: P 4/6, R 1. True F-0.5 gives 0.625 and 0.714,
    # the released formula 0.417 and 0.625.
    values = np.array([[0.9], [0.5], [0.5], [0.5], [0.5], [0.5], [0.1]], np.float32)
    right = np.array([[1], [1], [1], [1], [0], [0], [0]], bool)
    at_low = _f_beta(values[:, 0], right[:, 0], 0.5, 0.5, 0.25)
    assert at_low == pytest.approx(1.25 * (4 / 6) / (0.25 * 4 / 6 + 1))
    released = FBetaThreshold(variant="released").fit(values, right, np.ones_like(right))
    assert released.thresholds[0] == pytest.approx(0.11)  # lowest of the best
    ours = FBetaThreshold().fit(values, right, np.ones_like(right))
    assert 0.11 < ours.thresholds[0] <= 0.5  # the middle of the best


@settings(max_examples=40, deadline=None)
@given(scores_of, truth_of)
def test_a_higher_beta_never_raises_what_one_label_needs(scores, truth):
    known = np.ones_like(truth)
    chosen = [
        (scores >= FBetaThreshold(beta=beta).fit(scores, truth, known).thresholds).sum(axis=0)
        for beta in (0.1, 0.5, 2.0)
    ]
    assert (np.diff(chosen, axis=0) >= 0).all()


@pytest.mark.parametrize("wrong", [{"beta": 0.0}])
def test_values_out_of_range_are_refused(wrong):
    with pytest.raises(ValueError, match="must be"):
        FBetaThreshold(**wrong)
