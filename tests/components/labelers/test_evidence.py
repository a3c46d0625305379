"""The evidence labeler: all evidence together, by its rules."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import logit

from components.errors import InputError
from components.labelers import evidence
from components.labelers.cooccurrence import LabelStatistics
from components.labelers.evidence import EvidenceLabeler
from components.labelers.evidence_features import ALL_FEATURES
from tests.components.labelers.labelled_images import NUM_LABELS, states_of_truth, unit, world


def _fitted(features=ALL_FEATURES, **settings_):
    vectors, names, truth = world()
    labeler = EvidenceLabeler(features=features, **settings_)
    return (
        labeler.fit(vectors, states_of_truth(truth), names, temperature=0.1),
        vectors,
        names,
        truth,
    )


def test_contributions_and_intercept_give_the_score():
    fitted, *_ = _fitted()
    vectors, _, truth = world(seed=5)
    known = np.zeros(truth.shape, np.int8)
    known[truth.cumsum(axis=1) == 1] = 1
    known *= truth
    found = fitted.propose(vectors, known)
    assert len(found.rows) == np.count_nonzero(found.proposals.states) > 10
    scores = found.proposals.scores[found.rows, found.columns].astype(float)
    summed = found.intercept + found.contributions.sum(axis=1)
    assert logit(scores) == pytest.approx(summed, abs=1e-3)
    first = found.evidence(0)
    assert set(first) == set(ALL_FEATURES)
    assert list(map(abs, first.values())) == sorted(map(abs, first.values()), reverse=True)
    assert not found.proposals.states[known != 0].any()


def test_nothing_is_proposed_where_all_is_known():
    fitted, vectors, _, truth = _fitted(theta_negative=0.4)
    found = fitted.propose(vectors, states_of_truth(truth), fitted_to=True)
    assert not found.proposals.states.any()
    assert found.contributions.shape == (0, len(ALL_FEATURES))


def test_images_of_the_fit_are_left_out_of_their_own_prototypes():
    fitted, vectors, _, truth = _fitted(features=("prototype",))
    states = states_of_truth(truth)
    own = fitted.log_odds(vectors, states, fitted_to=True)
    naive = fitted.log_odds(vectors, states)
    assert (own[truth] < naive[truth]).mean() > 0.9
    assert own[~truth] == pytest.approx(naive[~truth], abs=1e-4)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 1000))
def test_permuting_labels_permutes_scores(seed):
    order = np.random.default_rng(seed).permutation(NUM_LABELS)
    vectors, names, truth = world()
    others = LabelStatistics.of(states_of_truth(truth))
    turned_others = LabelStatistics.of(states_of_truth(truth)[:, order])
    labeler = EvidenceLabeler(features=tuple(n for n in ALL_FEATURES if n != "observed_context"))
    new, known = world(seed=9)[0], np.zeros((60, NUM_LABELS), np.int8)
    plain = labeler.fit(vectors, states_of_truth(truth), names, temperature=0.1, statistics=others)
    turned = labeler.fit(
        vectors,
        states_of_truth(truth)[:, order],
        names[order],
        temperature=0.1,
        statistics=turned_others,
    )
    assert turned.log_odds(new, known) == pytest.approx(
        plain.log_odds(new, known)[:, order], abs=2e-3
    )


def test_an_observed_label_raises_what_comes_with_it():
    truth = np.repeat(np.array([[1, 1, 0, 0], [0, 0, 1, 1], [1, 0, 0, 0]], bool), [20, 20, 3], 0)
    rng = np.random.default_rng(0)
    vectors, names = unit(rng.normal(size=(43, 8))), unit(rng.normal(size=(4, 8)))
    labeler = EvidenceLabeler(features=("similarity", "observed_context"), context_strength=2.0)
    fitted = labeler.fit(vectors, states_of_truth(truth), names, temperature=0.1)
    nothing = np.zeros((43, 4), np.int8)
    seen = nothing.copy()
    seen[:, 0] = 1
    moved = fitted.log_odds(vectors, seen) - fitted.log_odds(vectors, nothing)
    assert (moved[:, 1] > 0).all()
    assert (moved[:, 2:] < 0).all()


def test_single_positives_can_be_learned_from_when_unknown_counts_as_absent():
    vectors, names, truth = world(num_images=200)
    single = np.zeros(truth.shape, np.int8)
    single[np.arange(200), truth.argmax(axis=1)] = 1
    with pytest.raises(InputError, match="both signs"):
        EvidenceLabeler().fit(vectors, single, names, temperature=0.1)
    fitted = EvidenceLabeler(unknown="absent").fit(vectors, single, names, temperature=0.1)
    log_odds = fitted.log_odds(vectors, single, fitted_to=True)
    hidden = truth & (single == 0)
    assert log_odds[hidden].mean() > log_odds[~truth].mean() + 0.5
    with pytest.raises(InputError, match="observed_context"):
        EvidenceLabeler(unknown="absent", features=ALL_FEATURES).fit(
            vectors, single, names, temperature=0.1
        )


@pytest.mark.parametrize("states", [np.zeros((60, 6)), -np.ones((60, 6)), np.ones((60, 6))])
def test_one_sign_or_none_is_refused(states):
    vectors, names, _ = world()
    with pytest.raises(InputError, match="both signs"):
        EvidenceLabeler().fit(vectors, states.astype(np.int8), names, temperature=0.1)


def test_no_image_is_refused():
    _, names, _ = world()
    with pytest.raises(InputError, match="no image"):
        EvidenceLabeler().fit(
            np.zeros((0, 16), np.float32), np.zeros((0, 6), np.int8), names, temperature=0.1
        )


def test_one_label():
    vectors, names, truth = world(num_labels=1)
    truth[::2] = False
    labeler = EvidenceLabeler(features=ALL_FEATURES)
    fitted = labeler.fit(vectors, states_of_truth(truth), names, temperature=0.1)
    assert np.isfinite(fitted.log_odds(vectors, np.zeros((60, 1), np.int8))).all()


def test_a_label_without_a_positive_still_gets_scores():
    vectors, names, truth = world()
    truth[:, 1] = False
    fitted = EvidenceLabeler().fit(vectors, states_of_truth(truth), names, temperature=0.1)
    assert np.isfinite(fitted.log_odds(vectors, np.zeros(truth.shape, np.int8))).all()


def test_five_thousand_labels_go_through_in_bounded_blocks(monkeypatch):
    monkeypatch.setattr(evidence, "_FEATURE_VALUES_AT_ONCE", 1 << 17)
    monkeypatch.setattr(evidence, "_FEATURE_VALUES_KEPT", 0)
    rng = np.random.default_rng(0)
    vectors, names = unit(rng.normal(size=(40, 8))), unit(rng.normal(size=(5000, 8)))
    states = np.full((40, 5000), -1, np.int8)
    states[np.arange(40), rng.integers(5000, size=40)] = 1
    others = LabelStatistics(
        positives=np.ones(5000, np.float32),
        known=np.full(5000, 200, np.float32),
        # Nothing known of pairs, and no memory for them.
        together=np.broadcast_to(np.float32(0), (5000, 5000)),
        exposure=np.broadcast_to(np.float32(0), (5000, 5000)),
    )
    labeler = EvidenceLabeler(features=("log_softmax", "prior", "prototype", "context"))
    tracemalloc.start()
    fitted = labeler.fit(vectors, states, names, temperature=0.1, statistics=others)
    found = fitted.propose(vectors, np.zeros_like(states))
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found.proposals.states.shape == (40, 5000)
    # All features at once would be 6.4 MB as doubles, several times over in the fit.
    assert peak_bytes < 15e6


@pytest.mark.parametrize(
    "wrong",
    [
        {"theta": 1.0},
        {"theta": 0.3, "theta_negative": 0.3},
        {"features": ()},
        {"features": ("prior", "prior")},
        {"ridge": 0.0},
        {"context_strength": 0.0},
        {"text_weight": -1.0},
    ],
)
def test_settings_out_of_range_are_refused(wrong):
    with pytest.raises(ValueError, match=r"must be|at least|above"):
        EvidenceLabeler(**wrong)
