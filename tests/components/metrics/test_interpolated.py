import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from components.metrics.interpolated import interpolated_average_precision
from components.metrics.retrieval import retrieval_average_precision

lists = st.lists(st.booleans(), min_size=1, max_size=12)


def slow(relevant):
    precision = [sum(relevant[: r + 1]) / (r + 1) for r in range(len(relevant))]
    found = [max(precision[r:]) for r, hit in enumerate(relevant) if hit]
    return np.mean(found) if found else np.nan


@given(relevant=lists)
def test_equals_the_slow_reference_and_is_never_below_the_ordinary(relevant):
    table = np.array([relevant])
    value = interpolated_average_precision(table)[0]
    np.testing.assert_allclose(value, slow(relevant))
    ordinary = retrieval_average_precision(table)[0]
    assert np.isnan(value) == np.isnan(ordinary)
    assert not value < ordinary - 1e-12


def test_nothing_to_find_is_not_a_number():
    assert np.isnan(interpolated_average_precision(np.zeros((1, 4), bool)))[0]
