"""Thresholds, and what every way to propose keeps: a known cell is never touched."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from components.labelers.class_proportions import ClassProportions
from components.labelers.proposals import ClassThresholds
from components.labelers.softmax_threshold import SoftmaxThreshold
from components.methods.gpr.multi_crop import MultiCrop
from components.methods.vlpl.calibrated_threshold import CalibratedThreshold

SHAPE = (7, 5)
CROPS = (7, 4, 5)
# A coarse grid of values gives many ties.
scores_of = arrays(np.float32, SHAPE, elements=st.sampled_from(np.linspace(0, 1, 21).tolist()))
crops_of = arrays(np.float32, CROPS, elements=st.floats(-9, 9, width=32))
states_of = arrays(np.int8, SHAPE, elements=st.sampled_from([-1, 0, 1]))


def proposed_by_all(scores, crops, known):
    """What every policy proposes from the same scores."""
    share = np.full(SHAPE[1], 0.4)
    return [
        ClassThresholds(np.linspace(0.2, 0.9, SHAPE[1])).propose(scores, known),
        ClassProportions(negative_part=0.5).propose(scores, known, share),
        CalibratedThreshold(theta=0.4, theta_negative=0.2).propose(scores, known),
        SoftmaxThreshold(theta=0.2, negative_share=0.5).propose(scores * 9, known),
        MultiCrop(theta=0.3).propose(scores * 9, crops, known),
    ]


@settings(max_examples=40, deadline=None)
@given(scores_of, crops_of, states_of)
def test_known_cells_get_no_proposal(scores, crops, known):
    for proposals in proposed_by_all(scores, crops, known):
        assert not proposals.states[known != 0].any()
        assert set(np.unique(proposals.states)) <= {-1, 0, 1}


@settings(max_examples=40, deadline=None)
@given(scores_of, crops_of)
def test_a_fully_known_matrix_gets_no_proposal(scores, crops):
    for proposals in proposed_by_all(scores, crops, np.ones(SHAPE, np.int8)):
        assert not proposals.states.any()


@settings(max_examples=40, deadline=None)
@given(scores_of, st.floats(0, 1), st.floats(0, 1))
def test_a_lower_threshold_proposes_at_least_the_same(scores, one, other):
    low, high = sorted((one, other))
    fewer, more = (
        ClassThresholds(np.full(SHAPE[1], theta)).propose(scores, np.zeros(SHAPE, np.int8)).states
        for theta in (high, low)
    )
    assert ((more == 1) | (fewer != 1)).all()


def test_an_infinite_threshold_proposes_nothing():
    scores = np.ones((3, 2), np.float32)
    thresholds = ClassThresholds(np.array([np.inf, 0.5]))
    states = thresholds.propose(scores, np.zeros((3, 2), np.int8)).states
    assert states.tolist() == [[0, 1]] * 3
