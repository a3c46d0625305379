import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score

from components.metrics.ranking import average_precision, mean_average_precision
from tests.reference.average_precision import slow_average_precision

Case = tuple[np.ndarray, np.ndarray, np.ndarray]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Small tables whose scores come from few values, so that ties are common."""
    seed = draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    shape = (draw(st.integers(1, 12)), draw(st.integers(1, 4)))
    scores = rng.integers(0, draw(st.integers(1, 20)), shape) / 7
    return scores, rng.random(shape) < rng.random(), rng.random(shape) < rng.random()


@given(cases())
def test_equals_the_slow_reference(case: Case):
    scores, truth, known = case
    expected = [
        slow_average_precision(*columns) for columns in zip(scores.T, truth.T, known.T, strict=True)
    ]
    np.testing.assert_allclose(average_precision(scores, truth, known), expected, rtol=1e-12)


@given(cases())
def test_equals_scikit_learn_where_that_is_defined(case: Case):
    scores, truth, known = case
    ours = average_precision(scores, truth, known)
    for label in range(scores.shape[1]):
        cells = known[:, label]
        if truth[cells, label].any():
            theirs = average_precision_score(truth[cells, label], scores[cells, label])
            assert ours[label] == pytest.approx(theirs, abs=1e-12)


@given(cases(), st.integers(0, 1000))
def test_only_the_order_of_known_scores_matters(case: Case, seed: int):
    scores, truth, known = case
    expected = average_precision(scores, truth, known)
    rng = np.random.default_rng(seed)
    rows = rng.permutation(len(scores))
    np.testing.assert_allclose(average_precision(scores[rows], truth[rows], known[rows]), expected)
    np.testing.assert_array_equal(average_precision(np.exp(scores), truth, known), expected)
    noise = rng.choice([np.nan, np.inf, -np.inf, 3.0], scores.shape)
    garbled = np.where(known, scores, noise)
    other_truth = np.where(known, truth, ~truth)
    np.testing.assert_array_equal(average_precision(garbled, other_truth, known), expected)


def test_hand_computed_cases():
    scores = np.array([[3.0], [2.0], [1.0]])
    truth = np.array([[False], [True], [True]])
    assert average_precision(scores, truth)[0] == pytest.approx((1 / 2 + 2 / 3) / 2)
    assert average_precision(np.zeros((3, 1)), truth)[0] == pytest.approx(2 / 3)
    assert average_precision(scores[1:2], truth[1:2])[0] == 1
    assert np.isnan(average_precision(scores[:1], truth[:1])[0])
    assert np.isnan(average_precision(np.zeros((0, 2)), np.zeros((0, 2), bool))).all()


@pytest.mark.parametrize("broken", [np.nan, np.inf])
def test_a_broken_known_score_is_named(broken: float):
    scores = np.zeros((3, 2))
    scores[2, 1] = broken
    with pytest.raises(ValueError, match="example 2, label 1"):
        average_precision(scores, np.ones((3, 2), bool))


def test_both_conventions_for_empty_classes():
    per_label = np.array([1.0, np.nan, 0.5, np.nan])
    skipped = mean_average_precision(per_label, ["a", "b", "c", "d"])
    assert (skipped.value, skipped.num_labels) == (0.75, 2)
    assert skipped.without_positives == ("b", "d")
    zeroed = mean_average_precision(per_label, ["a", "b", "c", "d"], empty="zero")
    assert (zeroed.value, zeroed.num_labels) == (0.375, 4)
    assert np.isnan(mean_average_precision(np.array([np.nan]), ["a"]).value)
    with pytest.raises(ValueError, match="one each"):
        mean_average_precision(per_label, ["a"])
