import numpy as np
import pytest

from components.methods.vlpl.calibrated_threshold import CalibratedThreshold


def test_calibrated_threshold_lets_all_labels_pass():
    probabilities = np.array([[0.9, 0.8, 0.7, 0.01]], np.float32)
    labeler = CalibratedThreshold(theta=0.5, theta_negative=0.05)
    states = labeler.propose(probabilities, np.zeros((1, 4), np.int8)).states
    assert states.tolist() == [[1, 1, 1, -1]]


@pytest.mark.parametrize("wrong", [{"theta": 1.0}, {"theta": 0.3, "theta_negative": 0.3}])
def test_values_out_of_range_are_refused(wrong):
    with pytest.raises(ValueError, match="must be"):
        CalibratedThreshold(**wrong)
