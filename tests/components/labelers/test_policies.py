"""Threshold policies against slow references, and the rules all of them keep."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.special import expit, softmax

from bench.proposals.platt_threshold import PlattThreshold
from components.errors import InputError
from components.labelers.calibrated_weight import CalibratedWeight
from components.labelers.class_proportions import ClassProportions, positive_share
from components.labelers.f_beta_threshold import GRID, FBetaThreshold
from components.labelers.proposals import ClassThresholds, Proposals
from components.methods.gpr.multi_crop import MultiCrop
from components.methods.vlpl.calibrated_threshold import CalibratedThreshold

SHAPE = (7, 5)
CROPS = (7, 4, 5)
# A coarse grid of values gives many ties.
scores_of = arrays(np.float32, SHAPE, elements=st.sampled_from(np.linspace(0, 1, 21).tolist()))
logits_of = arrays(np.float32, SHAPE, elements=st.floats(-9, 9, width=32))
crops_of = arrays(np.float32, CROPS, elements=st.floats(-9, 9, width=32))
states_of = arrays(np.int8, SHAPE, elements=st.sampled_from([-1, 0, 1]))
truth_of = arrays(np.bool_, SHAPE)
NOTHING_KNOWN = np.zeros(SHAPE, np.int8)


def _all_policies(scores, crops, known):
    """What every policy proposes from the same scores."""
    share = np.full(SHAPE[1], 0.4)
    platt = PlattThreshold.fit(
        CalibratedThreshold(theta=0.4, theta_negative=0.2), scores, scores > 0.6, scores >= 0
    )
    return [
        ClassThresholds(np.linspace(0.2, 0.9, SHAPE[1])).propose(scores, known),
        ClassProportions(negative_part=0.5).propose(scores, known, share),
        platt.propose(scores, known),
        MultiCrop(theta=0.3).propose(scores * 9, crops, known),
    ]


@settings(max_examples=40, deadline=None)
@given(scores_of, crops_of, states_of)
def test_known_cells_get_no_proposal(scores, crops, known):
    for proposals in _all_policies(scores, crops, known):
        assert not proposals.states[known != 0].any()
        assert set(np.unique(proposals.states)) <= {-1, 0, 1}


@settings(max_examples=40, deadline=None)
@given(scores_of, crops_of)
def test_a_fully_known_matrix_gets_no_proposal(scores, crops):
    for proposals in _all_policies(scores, crops, np.ones(SHAPE, np.int8)):
        assert not proposals.states.any()


@settings(max_examples=40, deadline=None)
@given(scores_of, truth_of, truth_of, st.sampled_from([0.25, 0.5, 1.0, 2.0]))
def test_f_beta_thresholds_reach_the_best_value_of_the_grid(scores, truth, known, beta):
    found = FBetaThreshold(beta=beta).fit(scores, truth, known).thresholds
    released = FBetaThreshold(beta=beta, variant="released").fit(scores, truth, known).thresholds
    for label in range(SHAPE[1]):
        cells = known[:, label]
        values, right = scores[cells, label], truth[cells, label]
        if not right.any():
            assert found[label] == released[label] == np.inf
            continue
        by_grid = [_f_beta(values, right, t, beta, beta**2) for t in GRID]
        at_found = _f_beta(values, right, found[label], beta, beta**2)
        assert at_found == pytest.approx(max(by_grid))
        by_grid = [_f_beta(values, right, t, beta, beta) for t in GRID]
        # The grid ends at 0.99: a positive at score 1 is always reached.
        assert released[label] == np.inf if max(by_grid) == 0 else True
        if max(by_grid) > 0:
            assert _f_beta(values, right, released[label], beta, beta) == pytest.approx(
                max(by_grid)
            )


def _f_beta(values, right, threshold, beta, precision_factor):
    chosen = values >= threshold
    hits = (chosen & right).sum()
    if not hits:
        return 0.0
    precision, recall = hits / chosen.sum(), hits / right.sum()
    return (1 + beta**2) * precision * recall / (precision_factor * precision + recall)


def test_the_released_denominator_differs_from_f_beta():
    # At 0.9: P 1, R 1/4; at 0.5: P 4/6, R 1. True F-0.5 gives 0.625 and 0.714,
    # the released formula 0.417 and 0.625.
    values = np.array([[0.9], [0.5], [0.5], [0.5], [0.5], [0.5], [0.1]], np.float32)
    right = np.array([[1], [1], [1], [1], [0], [0], [0]], bool)
    at_low = _f_beta(values[:, 0], right[:, 0], 0.5, 0.5, 0.25)
    assert at_low == pytest.approx(1.25 * (4 / 6) / (0.25 * 4 / 6 + 1))
    released = FBetaThreshold(variant="released").fit(values, right, np.ones_like(right))
    assert released.thresholds[0] == pytest.approx(0.11)  # lowest of the best
    ours = FBetaThreshold().fit(values, right, np.ones_like(right))
    assert 0.11 < ours.thresholds[0] <= 0.5  # the middle of the best


@settings(max_examples=40, deadline=None)
@given(scores_of, truth_of)
def test_a_higher_beta_never_raises_what_one_label_needs(scores, truth):
    known = np.ones_like(truth)
    chosen = [
        (scores >= FBetaThreshold(beta=beta).fit(scores, truth, known).thresholds).sum(axis=0)
        for beta in (0.1, 0.5, 2.0)
    ]
    assert (np.diff(chosen, axis=0) >= 0).all()


@settings(max_examples=40, deadline=None)
@given(scores_of, states_of, arrays(np.float64, SHAPE[1], elements=st.floats(0, 1)))
def test_class_proportions_against_a_slow_reference(scores, known, share):
    found = ClassProportions(negative_part=0.5).propose(scores, known, share).states
    for label in range(SHAPE[1]):
        cells = [row for row in range(SHAPE[0]) if known[row, label] == 0]
        ranked = sorted(cells, key=lambda row: (-float(scores[row, label]), row))
        top = int(share[label] * len(cells) + 1e-9)
        low = int(0.5 * (1 - share[label]) * len(cells) + 1e-9)
        expected = np.zeros(SHAPE[0], np.int8)
        expected[ranked[len(ranked) - low :]] = -1
        expected[ranked[:top]] = 1
        assert found[:, label].tolist() == expected.tolist()


def test_the_share_of_positives_is_taken_from_known_cells():
    states = np.array([[1, 0, -1], [-1, 0, -1], [0, 0, -1]], np.int8)
    assert positive_share(states).tolist() == [0.5, 0.0, 0.0]


@settings(max_examples=40, deadline=None)
@given(scores_of, st.floats(0, 1), st.floats(0, 1))
def test_knobs_are_monotone(scores, one, other):
    low, high = sorted((one, other))
    for first, second in (
        (_Cap(low), _Cap(high)),
        (_Fixed(high), _Fixed(low)),
    ):
        fewer = first.propose(scores, NOTHING_KNOWN).states == 1
        more = second.propose(scores, NOTHING_KNOWN).states == 1
        assert (more | ~fewer).all()


class _Cap:
    def __init__(self, part):
        self.policy = ClassProportions(positive_part=part)

    def propose(self, scores, known):
        return self.policy.propose(scores, known, np.full(SHAPE[1], 0.7))


class _Fixed:
    def __init__(self, theta):
        self.policy = ClassThresholds(np.full(SHAPE[1], theta))

    def propose(self, scores, known):
        return self.policy.propose(scores, known)


@settings(max_examples=40, deadline=None)
@given(logits_of, crops_of, states_of)
def test_multi_crop_against_a_slow_reference(logits, crops, known):
    labeler = MultiCrop(theta=0.25, eta=0.3, top_k=2)
    found = labeler.propose(logits, crops, known)
    whole, local = softmax(logits, axis=1), softmax(crops, axis=2)
    for row in range(SHAPE[0]):
        seen = [whole[row, k] for k in range(SHAPE[1]) if known[row, k] == 1]
        limit = min(0.3, max(seen)) if seen else 0.3
        final = []
        for label in range(SHAPE[1]):
            of_crops = local[row, :, label]
            picked = max(of_crops) if max(of_crops) > limit else min(of_crops)
            final.append((whole[row, label] + picked) / 2)
        if any(abs(local[row].max(axis=0) - limit) < 1e-6) or _close(final, 0.25):
            continue
        assert found.scores[row] == pytest.approx(final, rel=1e-5)
        top = sorted(range(SHAPE[1]), key=lambda k: -final[k])[:2]
        for label in range(SHAPE[1]):
            expected = label in top and final[label] >= 0.25 and known[row, label] == 0
            assert found.states[row, label] == int(expected)


def _close(values, limit):
    ordered = np.sort(values)
    return (np.diff(ordered) < 1e-6).any() or (np.abs(ordered - limit) < 1e-6).any()


def test_a_crop_finds_what_the_whole_image_misses():
    whole = np.array([[9, 8, 0, 0, 0]], np.float32)
    crops = np.zeros((1, 4, 5), np.float32)
    crops[0, 0, 2] = crops[0, 1, 0] = 9
    scores = MultiCrop().scores(whole, crops, np.zeros((1, 5), np.int8))
    assert scores[0, 2] > scores[0, 1] > scores[0, 3]


def test_multi_crop_without_crops_says_what_to_do():
    with pytest.raises(InputError, match="embed regions"):
        MultiCrop().propose(
            np.zeros(SHAPE, np.float32), np.zeros((7, 0, 5), np.float32), NOTHING_KNOWN
        )


@settings(max_examples=40, deadline=None)
@given(logits_of, truth_of, truth_of)
def test_platt_probabilities_rank_as_the_logits_do(logits, truth, known):
    fitted = PlattThreshold.fit(CalibratedThreshold(), logits, truth, known)
    found = fitted.probabilities(logits)
    for label in range(SHAPE[1]):
        order = np.argsort(logits[:, label], kind="stable")
        assert (np.diff(found[order, label]) >= 0).all()


def test_calibrated_weights_are_the_precision_of_their_bin():
    scores = np.array([[0.11], [0.12], [0.13], [0.14], [0.91], [0.92]], np.float32)
    truth = np.array([[0], [0], [0], [1], [1], [1]], bool)
    fitted = CalibratedWeight.fit(scores, truth, np.ones_like(truth))
    assert fitted.centres == pytest.approx([0.125, 0.925])
    assert fitted.chance(np.array([0.0, 0.125, 0.525, 1.0])) == pytest.approx(
        [0.25, 0.25, 0.625, 1.0]
    )
    states = np.array([[1], [-1], [0], [0], [1], [0]], np.int8)
    weights = fitted.weights(Proposals(states, scores))[:, 0]
    assert weights[[0, 4]] == pytest.approx([0.25, 1 - 0.75 * 0.015 / 0.8], abs=1e-6)
    assert weights[1] == pytest.approx(0.75)
    assert weights[[2, 3, 5]].tolist() == [0, 0, 0]


def test_a_weight_of_zero_adds_no_loss():
    scores = np.array([[0.2, 0.9]], np.float32)
    truth = np.array([[False, True]])
    fitted = CalibratedWeight.fit(scores, truth, np.ones_like(truth))
    weights = fitted.weights(Proposals(np.ones((1, 2), np.int8), scores))
    assert weights[0, 0] == 0
    losses = [weights[0] @ -np.log(expit(np.array([z, 1.0]))) for z in (-9.0, 9.0)]
    assert losses[0] == losses[1]


def test_calibrated_weights_refuse_what_they_cannot_use():
    scores, truth = np.full(SHAPE, 1.5, np.float32), np.ones(SHAPE, bool)
    with pytest.raises(InputError, match="pass probabilities"):
        CalibratedWeight.fit(scores, truth, truth)
    with pytest.raises(InputError, match="label some images"):
        CalibratedWeight.fit(scores, truth, ~truth)


@pytest.mark.parametrize(
    ("policy", "wrong"),
    [
        (FBetaThreshold, {"beta": 0.0}),
        (ClassProportions, {"positive_part": -0.1}),
        (ClassProportions, {"negative_part": 1.1}),
        (MultiCrop, {"theta": 1.0}),
        (MultiCrop, {"eta": 1.0}),
        (MultiCrop, {"top_k": 0}),
    ],
)
def test_values_out_of_range_are_refused(policy, wrong):
    with pytest.raises(ValueError, match="must be"):
        policy(**wrong)
