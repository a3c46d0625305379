import numpy as np
import pytest
from scipy.special import expit

from components.errors import InputError
from components.labelers.calibrated_weight import CalibratedWeight
from components.labelers.proposals import Proposals

SHAPE = (7, 5)


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
