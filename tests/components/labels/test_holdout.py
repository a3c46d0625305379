import numpy as np
import pytest

from components.labels.holdout import selection_rule, selection_truth


def full_truth(rows: int, labels: int) -> np.ndarray:
    rng = np.random.default_rng(0)
    states = np.where(rng.random((rows, labels)) < 0.3, 1, -1).astype(np.int8)
    states[0] = 1
    return states


def test_full_labels_are_verified_even_in_a_tiny_holdout():
    assert selection_rule(full_truth(4, 3)) == "verified"
    assert selection_rule(full_truth(100, 5)) == "verified"


def test_positives_alone_are_only_observed():
    states = np.where(full_truth(100, 5) == 1, 1, 0).astype(np.int8)
    assert selection_rule(states) == "observed"
    truth, known = selection_truth(states, "observed")
    assert known.all()
    assert (truth == (states == 1)).all()


def test_a_few_reviewed_negatives_do_not_make_it_verified():
    states = np.where(full_truth(100, 6) == 1, 1, 0).astype(np.int8)
    column = states[:, 0]
    column[np.flatnonzero(column == 0)[:20]] = -1
    assert selection_rule(states) == "observed"
    states[states == 0] = -1
    assert selection_rule(states) == "verified"


def test_partial_labels_of_both_signs_are_verified_on_known_cells():
    states = full_truth(200, 5)
    states[np.random.default_rng(1).random(states.shape) < 0.7] = 0
    assert selection_rule(states) == "verified"
    truth, known = selection_truth(states, "verified")
    assert (known == (states != 0)).all()
    assert (truth[known] == (states[known] == 1)).all()


@pytest.mark.parametrize("states", [np.zeros((0, 3), np.int8), np.zeros((5, 3), np.int8)])
def test_nothing_known_is_observed(states: np.ndarray):
    assert selection_rule(states) == "observed"
