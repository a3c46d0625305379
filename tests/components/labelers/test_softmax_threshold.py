import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from components.labelers.softmax_threshold import SoftmaxThreshold

SHAPE = (5, 6)
logits_of = arrays(np.float32, SHAPE, elements=st.floats(-20, 20, width=32))
states_of = arrays(np.int8, SHAPE, elements=st.sampled_from([-1, 0, 1]))
theta_of = st.floats(0.05, 0.9)


@given(logits_of, states_of, theta_of, st.floats(0, 0.9))
def test_softmax_proposals_against_a_slow_reference(logits, known, theta, share):
    found = SoftmaxThreshold(theta=theta, negative_share=share).propose(logits, known)
    for row, values in enumerate(logits.astype(float)):
        weights = np.exp(values - values.max())
        scores = weights / weights.sum()
        assert found.scores[row] == pytest.approx(scores, rel=1e-4, abs=1e-6)
        for column, score in enumerate(found.scores[row]):
            better = sum(
                other < score or (other == score and place < column)
                for place, other in enumerate(found.scores[row])
            )
            expected = 1 if score > theta else -1 if better < int(share * SHAPE[1]) else 0
            assert found.states[row, column] == (0 if known[row, column] else expected)


@given(logits_of, theta_of)
def test_at_most_one_over_theta_labels_pass(logits, theta):
    states = SoftmaxThreshold(theta=theta).propose(logits, np.zeros(SHAPE, np.int8)).states
    assert (states == 1).sum(axis=1).max() <= 1 / theta


@given(logits_of, states_of, st.integers(0, 99))
def test_permuting_labels_permutes_proposals(logits, known, seed):
    order = np.random.default_rng(seed).permutation(SHAPE[1])
    labeler = SoftmaxThreshold(theta=0.2)
    turned = labeler.propose(logits[:, order], known[:, order]).states
    # Rounding may differ by the order of a sum: leave scores at the edge out.
    plain = labeler.propose(logits, known)
    clear = np.abs(plain.scores - 0.2) > 1e-5
    assert (turned == plain.states[:, order])[clear[:, order]].all()


@pytest.mark.parametrize(
    "wrong", [{"theta": 0.0}, {"temperature_factor": 0.0}, {"negative_share": 1.0}]
)
def test_values_out_of_range_are_refused(wrong):
    with pytest.raises(ValueError, match="must be"):
        SoftmaxThreshold(**wrong)
