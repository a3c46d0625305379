"""What labels say of each other, against slow references."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.special import logit

from components.labelers.cooccurrence import LabelStatistics
from tests.components.labelers.labelled_images import states_of_truth

states_of = arrays(np.int8, (8, 4), elements=st.sampled_from([-1, 0, 1]))


@given(states_of)
def test_counts_against_a_slow_reference(states):
    found = LabelStatistics.of(states)
    for k in range(4):
        assert found.positives[k] == sum(row[k] == 1 for row in states)
        for j in range(4):
            assert found.together[k, j] == sum(row[k] == 1 and row[j] == 1 for row in states)
            assert found.exposure[k, j] == sum(row[k] == 1 and row[j] != 0 for row in states)


@given(states_of, st.floats(0.5, 200))
def test_log_odds_given_a_label_against_the_formula(states, strength):
    found = LabelStatistics.of(states)
    moved = found.log_odds_given(range(4), strength=strength)
    assert np.isfinite(moved).all()
    assert not np.diag(moved).any()
    for given_label in range(4):
        for label in set(range(4)) - {given_label}:
            share = found.share[label]
            above = found.together[given_label, label] + strength * share
            chance = above / (found.exposure[given_label, label] + strength)
            assert moved[given_label, label] == pytest.approx(
                logit(chance) - logit(share), abs=1e-3
            ) or chance > 1 - 1 / (found.exposure[given_label, label] + strength)


def test_labels_that_come_together_raise_each_other_and_rare_pairs_move_little():
    states = states_of_truth(np.array([[1, 1, 0]] * 20 + [[0, 0, 1]] * 20, bool))
    strong = LabelStatistics.of(states).log_odds_given([0], strength=1.0)
    shrunk = LabelStatistics.of(states).log_odds_given([0], strength=1000.0)
    assert strong[0, 1] > 1
    assert strong[0, 2] < -1
    assert 0 < shrunk[0, 1] < 0.2
    unseen = LabelStatistics.of(np.zeros((5, 3), np.int8)).log_odds_given([0, 1], strength=5.0)
    assert not unseen.any()


def test_expected_log_odds_is_the_weighted_sum():
    rng = np.random.default_rng(0)
    statistics = LabelStatistics.of(states_of_truth(rng.random((50, 6)) < 0.4))
    weights = rng.random((3, 6)).astype(np.float32)
    whole = statistics.log_odds_given(range(6), strength=3.0)
    assert statistics.expected_log_odds(weights, strength=3.0) == pytest.approx(
        weights @ whole, abs=1e-5
    )
