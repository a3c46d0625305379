import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score

from components.metrics.retrieval import interpolated_average_precision, retrieval_average_precision

lists = st.lists(st.booleans(), min_size=1, max_size=12)


def slow_interpolated(relevant):
    precision = [sum(relevant[: r + 1]) / (r + 1) for r in range(len(relevant))]
    found = [max(precision[r:]) for r, hit in enumerate(relevant) if hit]
    return np.mean(found) if found else np.nan


def test_average_precision_over_the_gallery_equals_scikit_learn():
    rng = np.random.default_rng(0)
    relevant = rng.random((20, 30)) < 0.2
    relevant[0] = False
    ours = retrieval_average_precision(relevant)
    assert np.isnan(ours[0])
    for row, value in zip(relevant[1:], ours[1:], strict=True):
        assert value == pytest.approx(average_precision_score(row, -np.arange(30)))


@given(relevant=lists)
def test_interpolated_equals_the_slow_reference_and_is_never_below_the_ordinary(relevant):
    table = np.array([relevant])
    value = interpolated_average_precision(table)[0]
    np.testing.assert_allclose(value, slow_interpolated(relevant))
    ordinary = retrieval_average_precision(table)[0]
    assert np.isnan(value) == np.isnan(ordinary)
    assert not value < ordinary - 1e-12


def test_nothing_to_find_is_not_a_number():
    assert np.isnan(interpolated_average_precision(np.zeros((1, 4), bool)))[0]
