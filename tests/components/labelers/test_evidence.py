"""Prototypes, contexts and the evidence labeler, against slow references and by their rules."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.optimize import minimize
from scipy.special import logit

from components.errors import InputError
from components.labelers import evidence
from components.labelers.cooccurrence import LabelStatistics
from components.labelers.evidence import EvidenceLabeler
from components.labelers.evidence_features import ALL_FEATURES
from components.labelers.prototype_labeler import PrototypeLabeler
from components.labelers.prototypes import Prototypes
from components.labelers.ridge_logistic import fit_ridge_logistic

NUM_LABELS = 6
states_of = arrays(np.int8, (8, 4), elements=st.sampled_from([-1, 0, 1]))


def _unit(vectors):
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def _world(num_images=60, num_labels=NUM_LABELS, seed=0, embed=16):
    """Images that are noisy sums of their labels' names, all pushed one way."""
    rng = np.random.default_rng(seed)
    names = _unit(rng.normal(size=(num_labels, embed)))
    truth = rng.random((num_images, num_labels)) < 0.35
    truth[np.arange(num_images), rng.integers(num_labels, size=num_images)] = True
    pushed = truth @ names + 0.4 * rng.normal(size=(num_images, embed)) + 2.0
    return _unit(pushed), names, truth


def _states(truth):
    return np.where(truth, 1, -1).astype(np.int8)


# --- logistic regression


def test_ridge_logistic_against_a_general_optimiser():
    rng = np.random.default_rng(3)
    features = rng.normal(2.0, 3.0, size=(200, 3)).astype(np.float32)
    truth = rng.random(200) < 0.3

    def blocks():
        yield features[:70], truth[:70]
        yield features[70:], truth[70:]

    found = fit_ridge_logistic(blocks, ridge=2.0)
    standard = (features - features.mean(axis=0)) / features.std(axis=0)

    def loss(b):
        z = b[0] + standard @ b[1:]
        return (np.logaddexp(0, z) - truth * z).sum() + (b[1:] ** 2).sum()

    best = minimize(loss, np.zeros(4), options={"gtol": 1e-8}).x
    assert found.intercept == pytest.approx(best[0], abs=1e-4)
    assert found.coefficients == pytest.approx(best[1:], abs=1e-4)
    summed = found.intercept + found.contributions(features).sum(axis=1)
    assert found.log_odds(features) == pytest.approx(summed, abs=1e-4)


def test_a_feature_that_never_varies_takes_no_part():
    features = np.column_stack([np.full(8, 0.3), np.arange(8)]).astype(np.float32)
    truth = np.arange(8) % 3 == 0
    found = fit_ridge_logistic(lambda: iter([(features, truth)]), ridge=1.0)
    assert found.coefficients[0] == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("truth", [np.ones(4, bool), np.zeros(4, bool)])
def test_fitting_needs_both_signs(truth):
    with pytest.raises(InputError, match="both signs"):
        fit_ridge_logistic(lambda: iter([(np.ones((4, 1), np.float32), truth)]), ridge=1.0)


# --- contexts


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
    states = _states(np.array([[1, 1, 0]] * 20 + [[0, 0, 1]] * 20, bool))
    strong = LabelStatistics.of(states).log_odds_given([0], strength=1.0)
    shrunk = LabelStatistics.of(states).log_odds_given([0], strength=1000.0)
    assert strong[0, 1] > 1
    assert strong[0, 2] < -1
    assert 0 < shrunk[0, 1] < 0.2
    unseen = LabelStatistics.of(np.zeros((5, 3), np.int8)).log_odds_given([0, 1], strength=5.0)
    assert not unseen.any()


def test_expected_log_odds_is_the_weighted_sum():
    rng = np.random.default_rng(0)
    statistics = LabelStatistics.of(_states(rng.random((50, 6)) < 0.4))
    weights = rng.random((3, 6)).astype(np.float32)
    whole = statistics.log_odds_given(range(6), strength=3.0)
    assert statistics.expected_log_odds(weights, strength=3.0) == pytest.approx(
        weights @ whole, abs=1e-5
    )


# --- prototypes


def test_an_image_left_out_of_its_prototypes_against_fitting_without_it():
    vectors, names, truth = _world(num_images=12)
    prototypes = Prototypes.fit(vectors, _states(truth), names, text_weight=3.0)
    found = prototypes.similarity_without_own(vectors, _states(truth))
    centred = (vectors - prototypes.centre) / prototypes.scale
    centred_names = _unit(names - names.mean(axis=0))
    for row in range(12):
        for label in range(NUM_LABELS):
            others = truth[:, label] & (np.arange(12) != row)
            direction = centred[others].sum(axis=0) + 3.0 * centred_names[label]
            cosine = direction @ centred[row] / np.linalg.norm(direction)
            assert found[row, label] == pytest.approx(
                cosine / np.linalg.norm(centred[row]), abs=1e-4
            )


def test_a_label_without_images_is_its_name_and_without_either_is_nothing():
    vectors, names, truth = _world()
    truth[:, 2] = False
    by_name = Prototypes.fit(vectors, _states(truth), names, text_weight=1.0)
    direction = _unit(names - names.mean(axis=0))[2]
    assert by_name.directions[2] == pytest.approx(direction, abs=1e-6)
    nothing = Prototypes.fit(vectors, _states(truth), names, text_weight=0.0)
    assert not nothing.similarity(vectors)[:, 2].any()
    assert nothing.num_images[2] == 0


def test_a_single_image_and_a_single_label_stay_finite():
    vectors, names, truth = _world()
    for rows, labels in ((slice(0, 1), slice(None)), (slice(None), slice(0, 1))):
        prototypes = Prototypes.fit(vectors[rows], _states(truth)[rows, labels], names[labels])
        assert np.isfinite(prototypes.similarity(vectors)).all()
        own = prototypes.similarity_without_own(vectors[rows], _states(truth)[rows, labels])
        assert np.isfinite(own).all()


def test_prototype_labeler_proposes_only_unknown_cells():
    vectors, names, truth = _world()
    fitted = PrototypeLabeler().fit(vectors[:40], _states(truth)[:40], names)
    known = np.zeros((20, NUM_LABELS), np.int8)
    known[:, 0] = -1
    proposals = fitted.propose(vectors[40:], known)
    assert not proposals.states[:, 0].any()
    chosen = proposals.states == 1
    assert truth[40:][chosen].mean() > 0.7


# --- all evidence together


def _fitted(features=ALL_FEATURES, **settings_):
    vectors, names, truth = _world()
    labeler = EvidenceLabeler(features=features, **settings_)
    return labeler.fit(vectors, _states(truth), names, temperature=0.1), vectors, names, truth


def test_contributions_and_intercept_give_the_score():
    fitted, *_ = _fitted()
    vectors, _, truth = _world(seed=5)
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
    found = fitted.propose(vectors, _states(truth), fitted_to=True)
    assert not found.proposals.states.any()
    assert found.contributions.shape == (0, len(ALL_FEATURES))


def test_images_of_the_fit_are_left_out_of_their_own_prototypes():
    fitted, vectors, _, truth = _fitted(features=("prototype",))
    states = _states(truth)
    own = fitted.log_odds(vectors, states, fitted_to=True)
    naive = fitted.log_odds(vectors, states)
    assert (own[truth] < naive[truth]).mean() > 0.9
    assert own[~truth] == pytest.approx(naive[~truth], abs=1e-4)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 1000))
def test_permuting_labels_permutes_scores(seed):
    order = np.random.default_rng(seed).permutation(NUM_LABELS)
    vectors, names, truth = _world()
    others = LabelStatistics.of(_states(truth))
    turned_others = LabelStatistics.of(_states(truth)[:, order])
    labeler = EvidenceLabeler(features=tuple(n for n in ALL_FEATURES if n != "observed_context"))
    new, known = _world(seed=9)[0], np.zeros((60, NUM_LABELS), np.int8)
    plain = labeler.fit(vectors, _states(truth), names, temperature=0.1, statistics=others)
    turned = labeler.fit(
        vectors, _states(truth)[:, order], names[order], temperature=0.1, statistics=turned_others
    )
    assert turned.log_odds(new, known) == pytest.approx(
        plain.log_odds(new, known)[:, order], abs=2e-3
    )


def test_an_observed_label_raises_what_comes_with_it():
    truth = np.repeat(np.array([[1, 1, 0, 0], [0, 0, 1, 1], [1, 0, 0, 0]], bool), [20, 20, 3], 0)
    rng = np.random.default_rng(0)
    vectors, names = _unit(rng.normal(size=(43, 8))), _unit(rng.normal(size=(4, 8)))
    labeler = EvidenceLabeler(features=("similarity", "observed_context"), context_strength=2.0)
    fitted = labeler.fit(vectors, _states(truth), names, temperature=0.1)
    nothing = np.zeros((43, 4), np.int8)
    seen = nothing.copy()
    seen[:, 0] = 1
    moved = fitted.log_odds(vectors, seen) - fitted.log_odds(vectors, nothing)
    assert (moved[:, 1] > 0).all()
    assert (moved[:, 2:] < 0).all()


def test_single_positives_can_be_learned_from_when_unknown_counts_as_absent():
    vectors, names, truth = _world(num_images=200)
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
    vectors, names, _ = _world()
    with pytest.raises(InputError, match="both signs"):
        EvidenceLabeler().fit(vectors, states.astype(np.int8), names, temperature=0.1)


def test_no_image_is_refused():
    _, names, _ = _world()
    with pytest.raises(InputError, match="no image"):
        EvidenceLabeler().fit(
            np.zeros((0, 16), np.float32), np.zeros((0, 6), np.int8), names, temperature=0.1
        )


def test_one_label():
    vectors, names, truth = _world(num_labels=1)
    truth[::2] = False
    labeler = EvidenceLabeler(features=ALL_FEATURES)
    fitted = labeler.fit(vectors, _states(truth), names, temperature=0.1)
    assert np.isfinite(fitted.log_odds(vectors, np.zeros((60, 1), np.int8))).all()


def test_a_label_without_a_positive_still_gets_scores():
    vectors, names, truth = _world()
    truth[:, 1] = False
    fitted = EvidenceLabeler().fit(vectors, _states(truth), names, temperature=0.1)
    assert np.isfinite(fitted.log_odds(vectors, np.zeros(truth.shape, np.int8))).all()


def test_five_thousand_labels_go_through_in_bounded_blocks(monkeypatch):
    monkeypatch.setattr(evidence, "_FEATURE_VALUES_AT_ONCE", 1 << 17)
    monkeypatch.setattr(evidence, "_FEATURE_VALUES_KEPT", 0)
    rng = np.random.default_rng(0)
    vectors, names = _unit(rng.normal(size=(40, 8))), _unit(rng.normal(size=(5000, 8)))
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
