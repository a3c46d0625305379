import numpy as np
import pytest

from components.metrics.calibration import expected_calibration_error, reliability_bins


def test_honest_probabilities_have_a_small_error():
    rng = np.random.default_rng(0)
    p = rng.random((4000, 5))
    truth = rng.random(p.shape) < p
    known = rng.random(p.shape) < 0.7
    assert expected_calibration_error(reliability_bins(p, truth, known)) < 0.02
    assert expected_calibration_error(reliability_bins(p**3, truth, known)) > 0.1


def test_bins_hold_every_known_cell_once():
    p = np.array([[0.0, 0.1], [1.0, 0.5]])
    truth = np.array([[False, True], [True, False]])
    known = np.array([[True, True], [True, False]])
    bins = reliability_bins(p, truth, known, num_bins=10)
    assert bins.count.tolist() == [1, 1, 0, 0, 0, 0, 0, 0, 0, 1]
    assert bins.share_present[[0, 1, 9]].tolist() == [0, 1, 1]
    assert np.isnan(bins.mean_probability[2])


def test_nothing_known_and_values_out_of_range():
    p, nothing = np.full((2, 2), 0.5), np.zeros((2, 2), bool)
    assert np.isnan(expected_calibration_error(reliability_bins(p, nothing, nothing)))
    with pytest.raises(ValueError, match="not logits"):
        reliability_bins(p * 4, nothing, ~nothing)
