import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from components.metrics.retrieval import retrieval_average_precision


def test_average_precision_over_the_gallery_equals_scikit_learn():
    rng = np.random.default_rng(0)
    relevant = rng.random((20, 30)) < 0.2
    relevant[0] = False
    ours = retrieval_average_precision(relevant)
    assert np.isnan(ours[0])
    for row, value in zip(relevant[1:], ours[1:], strict=True):
        assert value == pytest.approx(average_precision_score(row, -np.arange(30)))
