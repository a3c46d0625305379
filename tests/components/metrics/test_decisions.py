from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import f1_score, precision_recall_fscore_support

from components.metrics.decisions import class_f1, f_beta_at, overall_f1


def sums(decided: np.ndarray, truth: np.ndarray, known: np.ndarray):
    return [(a & known).sum(axis=0) for a in (decided & truth, decided, truth)]


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_equals_scikit_learn_on_full_labels(seed: int):
    rng = np.random.default_rng(seed)
    shape = (int(rng.integers(1, 15)), int(rng.integers(2, 5)))
    decided, truth = rng.random(shape) < 0.5, rng.random(shape) < 0.6
    truth[0] = True
    known = np.ones(shape, bool)
    none_is_zero: Any = 0  # scikit-learn's own default is a word
    precision, recall, f1, _ = precision_recall_fscore_support(
        truth, decided, average=None, zero_division=none_is_zero
    )
    np.testing.assert_allclose(f_beta_at(decided, truth, known), f1)
    micro = f1_score(truth, decided, average="micro", zero_division=none_is_zero)
    assert overall_f1(*sums(decided, truth, known)) == pytest.approx(micro)
    cp, cr = np.mean(precision), np.mean(recall)
    expected = 2 * cp * cr / (cp + cr) if cp + cr else 0
    assert class_f1(*sums(decided, truth, known)) == pytest.approx(expected)


def test_unknown_cells_do_not_count():
    decided = np.array([[True], [True], [False]])
    truth = np.array([[True], [False], [True]])
    known = np.array([[True], [False], [False]])
    assert f_beta_at(decided, truth, known).tolist() == [1]


def test_labels_without_positives_or_decisions():
    decided = np.array([[False, True], [False, False]])
    truth = np.array([[True, False], [False, False]])
    known = np.ones_like(truth)
    f1 = f_beta_at(decided, truth, known)
    assert f1[0] == 0
    assert np.isnan(f1[1])
    assert class_f1(*sums(decided, truth, known)) == 0
    nothing = np.zeros_like(truth)
    assert np.isnan(class_f1(*sums(decided, nothing, known)))
    assert np.isnan(overall_f1(*sums(decided, nothing, known)))


def test_beta_moves_between_precision_and_recall():
    decided = np.array([[True], [False], [False]])
    truth = np.array([[True], [True], [False]])
    known = np.ones_like(truth)
    assert f_beta_at(decided, truth, known, beta=0.01)[0] == pytest.approx(1, abs=1e-3)
    assert f_beta_at(decided, truth, known, beta=100.0)[0] == pytest.approx(0.5, abs=1e-3)
