import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from components.metrics.retrieval import (
    precision_at_k,
    recall_at_k,
    retrieval_average_precision,
)


def test_recall_ignores_the_order_and_padding():
    exact = np.array([[1, 2, 3], [4, 5, -1], [-1, -1, -1]])
    found = np.array([[3, 1, 9], [-1, 5, 7], [1, 2, 3]])
    np.testing.assert_allclose(recall_at_k(found, exact), [2 / 3, 1 / 2, 1])


def test_average_precision_over_the_gallery_equals_scikit_learn():
    rng = np.random.default_rng(0)
    relevant = rng.random((20, 30)) < 0.2
    relevant[0] = False
    ours = retrieval_average_precision(relevant)
    assert np.isnan(ours[0])
    for row, value in zip(relevant[1:], ours[1:], strict=True):
        assert value == pytest.approx(average_precision_score(row, -np.arange(30)))


def test_precision_divides_by_what_can_be_reached():
    relevant = np.array([[True, False, True, False], [False] * 4, [True] * 4])
    np.testing.assert_allclose(precision_at_k(relevant, 3), [1, np.nan, 1])
    np.testing.assert_allclose(precision_at_k(relevant, 2), [1 / 2, np.nan, 1])
    np.testing.assert_allclose(precision_at_k(relevant, 100), [1, np.nan, 1])
    with pytest.raises(ValueError, match="at least 1"):
        precision_at_k(relevant, 0)
