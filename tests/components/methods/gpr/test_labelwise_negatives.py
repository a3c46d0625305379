import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from components.labelers.proposals import Proposals
from components.labelers.softmax_threshold import SoftmaxThreshold
from components.methods.gpr.labelwise_negatives import LabelwiseNegatives
from components.methods.gpr.multi_crop import MultiCrop
from components.methods.vlpl.calibrated_threshold import CalibratedThreshold

SHAPE = (7, 5)
# A coarse grid of values gives many ties.
scores_of = arrays(np.float32, SHAPE, elements=st.sampled_from([0.0, 0.1, 0.2, 0.5, 0.9]))
states_of = arrays(np.int8, SHAPE, elements=st.sampled_from([-1, 0, 1]))
share_of = st.floats(0, 1)


def _positives(scores, known):
    return CalibratedThreshold(theta=0.4, theta_negative=0.15).propose(scores, known)


@given(scores_of, states_of, share_of, st.sampled_from([None, 0.0, 0.25, 1.0]))
def test_each_label_is_denied_on_its_lowest_images(scores, known, share, frequency):
    before = _positives(scores, known)
    expected_share = None if frequency is None else np.full(SHAPE[1], frequency)
    found = LabelwiseNegatives(share=share).beside(before, known, expected_share)
    assert (found.scores == before.scores).all()
    for label in range(SHAPE[1]):
        cells = [row for row in range(SHAPE[0]) if known[row, label] == 0]
        ranked = sorted(cells, key=lambda row: (-float(scores[row, label]), row))
        num_denied = int(share * (1 - (frequency or 0)) * len(cells) + 1e-9)
        expected = np.zeros(SHAPE[0], np.int8)
        expected[ranked[len(ranked) - num_denied :]] = -1
        expected[before.states[:, label] == 1] = 1
        assert found.states[:, label].tolist() == expected.tolist()


@given(scores_of, states_of, share_of)
def test_known_cells_get_no_proposal_and_positives_stay(scores, known, share):
    # A careless policy that also calls known cells positive.
    careless = Proposals(np.ones(SHAPE, np.int8), scores)
    found = LabelwiseNegatives(share=share).beside(careless, known)
    assert not found.states[known != 0].any()
    assert (found.states[known == 0] == 1).all()


@given(scores_of, share_of)
def test_a_fully_known_matrix_gets_no_proposal(scores, share):
    known = np.ones(SHAPE, np.int8)
    found = LabelwiseNegatives(share=share).beside(_positives(scores, known), known)
    assert not found.states.any()


@given(scores_of, states_of, share_of, st.integers(0, 99))
def test_permuting_labels_permutes_proposals(scores, known, share, seed):
    order = np.random.default_rng(seed).permutation(SHAPE[1])
    policy = LabelwiseNegatives(share=share)
    plain = policy.beside(_positives(scores, known), known).states
    turned = policy.beside(_positives(scores[:, order], known[:, order]), known[:, order]).states
    assert (turned == plain[:, order]).all()


@given(scores_of, states_of, share_of, share_of)
def test_a_greater_share_denies_more(scores, known, one, other):
    low, high = sorted((one, other))
    positives = _positives(scores, known)
    fewer, more = (LabelwiseNegatives(share=s).beside(positives, known).states for s in (low, high))
    assert (more[fewer == -1] == -1).all()


def test_of_tied_scores_the_later_image_is_denied_first():
    scores = np.full((4, 1), 0.2, np.float32)
    found = LabelwiseNegatives(share=0.5).beside(
        Proposals(np.zeros((4, 1), np.int8), scores), np.zeros((4, 1), np.int8)
    )
    assert found.states[:, 0].tolist() == [0, 0, -1, -1]


@pytest.mark.parametrize("rows", [0, 1])
def test_none_and_one_image(rows):
    scores, known = np.full((rows, 3), 0.3, np.float32), np.zeros((rows, 3), np.int8)
    nothing = Proposals(known.copy(), scores)
    assert not LabelwiseNegatives(share=0.9).beside(nothing, known).states.any()
    assert (LabelwiseNegatives(share=1.0).beside(nothing, known).states == -1).all()


@pytest.mark.parametrize(
    "propose",
    [
        lambda scores, known: SoftmaxThreshold(negative_share=0.9).propose(scores * 9, known),
        lambda scores, known: MultiCrop().propose(scores * 9, scores[:, None] * 9, known),
    ],
)
def test_it_goes_with_any_positive_policy(propose):
    scores = np.random.default_rng(0).random((20, 5)).astype(np.float32)
    known = np.zeros((20, 5), np.int8)
    positives = propose(scores, known)
    found = LabelwiseNegatives(share=0.25).beside(positives, known).states
    assert ((found == 1) == (positives.states == 1)).all()
    assert ((found == -1).sum(axis=0) + (found == 1).sum(axis=0) >= 5).all()
    assert ((found == -1).sum(axis=0) <= 5).all()


@pytest.mark.parametrize("share", [-0.1, 1.1])
def test_values_out_of_range_are_refused(share):
    with pytest.raises(ValueError, match="must be"):
        LabelwiseNegatives(share=share)
