import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from bench.proposals.platt_threshold import PlattThreshold
from components.methods.vlpl.calibrated_threshold import CalibratedThreshold

SHAPE = (7, 5)
logits_of = arrays(np.float32, SHAPE, elements=st.floats(-9, 9, width=32))
truth_of = arrays(np.bool_, SHAPE)


@settings(max_examples=40, deadline=None)
@given(logits_of, truth_of, truth_of)
def test_platt_probabilities_rank_as_the_logits_do(logits, truth, known):
    fitted = PlattThreshold.fit(CalibratedThreshold(), logits, truth, known)
    found = fitted.probabilities(logits)
    for label in range(SHAPE[1]):
        order = np.argsort(logits[:, label], kind="stable")
        assert (np.diff(found[order, label]) >= 0).all()
