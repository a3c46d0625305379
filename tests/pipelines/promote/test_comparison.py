import numpy as np
import pytest

from components.errors import InputError
from components.labels.matrix import LabelMatrix
from components.labels.vocabulary import Vocabulary
from pipelines.promote.comparison import compare_scores
from project.settings import EvaluateSettings

SETTINGS = EvaluateSettings(num_bootstrap=200)


def test_equal_scores_differ_by_exactly_nothing():
    random = np.random.default_rng(1)
    scores = random.normal(size=(30, 3))
    found = compare_scores(scores, scores, labelled(random, 30), SETTINGS)
    assert (found.difference.low, found.difference.mean, found.difference.high) == (0, 0, 0)
    assert found.is_not_worse(0.0)
    assert found.regressions == ()


def test_a_label_without_a_positive_takes_no_part():
    random = np.random.default_rng(2)
    labels = labelled(random, 40)
    labels.states[:, 1] = -1
    found = compare_scores(
        random.normal(size=(40, 3)), random.normal(size=(40, 3)), labels, SETTINGS
    )
    assert found.num_labels == 2
    assert "label 1" not in [each.label for each in found.regressions]


def test_nothing_measurable_is_an_error_for_the_user():
    random = np.random.default_rng(3)
    labels = labelled(random, 5)
    labels.states[:] = 0
    with pytest.raises(InputError, match="No label has a known positive"):
        compare_scores(np.zeros((5, 3)), np.zeros((5, 3)), labels, SETTINGS)


def labelled(random: np.random.Generator, rows: int) -> LabelMatrix:
    states = np.where(random.random((rows, 3)) < 0.4, 1, -1).astype(np.int8)
    names = Vocabulary(tuple(f"label {column}" for column in range(3)))
    return LabelMatrix(tuple(str(row) for row in range(rows)), names, states)
