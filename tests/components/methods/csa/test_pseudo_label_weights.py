import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from components.methods.csa.pseudo_label_weights import TrustCurve, pseudo_weights

SHAPE = (6, 5)
chances_of = arrays(np.float64, SHAPE, elements=st.floats(0, 0.99))


@given(chances_of)
def test_a_fitted_curve_reads_as_the_calibrated_weight_does(scores):
    from components.labelers.calibrated_weight import CalibratedWeight

    random = np.random.default_rng(0)
    seen = random.random((40, 5)).astype(np.float32)
    truth = random.random((40, 5)) < seen**2
    curve = TrustCurve()
    curve.fit(seen, truth, np.ones_like(truth))
    expected = CalibratedWeight.fit(seen, truth, np.ones_like(truth)).chance(scores)
    found = curve(torch.from_numpy(scores)).numpy()
    np.testing.assert_allclose(found, expected, atol=1e-6)


@given(chances_of)
def test_pseudo_weights_are_chances(scores):
    given_scores = torch.from_numpy(scores)
    present = given_scores > 0.3
    curve = TrustCurve()
    uniform = pseudo_weights("uniform", given_scores, present, curve)
    assert bool((uniform == 1).all())
    assert torch.equal(pseudo_weights("calibrated", given_scores, present, curve), uniform)
    sure = pseudo_weights("confidence", given_scores, present, curve)
    np.testing.assert_allclose(sure.numpy(), np.abs(2 * scores - 1))
    curve.chances.fill_(0.25)
    curve.fitted.fill_(True)
    weighed = pseudo_weights("calibrated", given_scores, present, curve)
    np.testing.assert_allclose(weighed.numpy(), np.where(present, 0.25, 0.75), atol=1e-6)


def test_a_curve_needs_present_and_absent_cells():
    curve, scores = TrustCurve(), np.full((2, 2), 0.5, np.float32)
    everything = np.ones((2, 2), bool)
    curve.fit(scores, everything, everything)
    curve.fit(scores, ~everything, everything)
    curve.fit(scores, everything, ~everything)
    assert not bool(curve.fitted)
