import numpy as np

from components.calibration.holdout_fit import calibrate
from components.metrics.calibration import expected_calibration_error, reliability_bins

NAMES = ("cat", "dog", "rare")


def hold_out(rows: int = 1000):
    rng = np.random.default_rng(0)
    logits = rng.standard_normal((rows, 3)) * 6
    chance = 1 / (1 + np.exp(-(logits * 0.3 - [0, 1, 6])))
    return logits, rng.random(chance.shape) < chance


def test_probabilities_become_honest_and_thresholds_name_their_source():
    logits, truth = hold_out()
    known = np.ones_like(truth)
    fitted = calibrate(logits, truth, known, NAMES, min_positives=40)
    assert fitted.source == ("class", "class", "shared")
    p = fitted.probabilities(logits)
    assert expected_calibration_error(reliability_bins(p, truth, known)) < 0.03
    assert (fitted.threshold_low[:2] <= fitted.threshold[:2]).all()
    assert (fitted.threshold[:2] <= fitted.threshold_high[:2]).all()
    assert np.isnan(fitted.threshold_low[2])
    assert (fitted.decide(p) == (p >= fitted.threshold)).all()
    assert fitted.positives.tolist() == truth.sum(axis=0).tolist()


def test_ranking_is_kept_and_extreme_logits_stay_finite():
    logits, truth = hold_out()
    fitted = calibrate(logits, truth, np.ones_like(truth), NAMES)
    extreme = np.array([[-1e6] * 3, [0.0] * 3, [1e6] * 3])
    p = fitted.probabilities(extreme)
    assert np.isfinite(p).all()
    assert (np.diff(p, axis=0) > 0).all()


def test_without_both_signs_nothing_is_claimed():
    logits, truth = hold_out(20)
    fitted = calibrate(logits, np.ones_like(truth), np.ones_like(truth), NAMES)
    assert fitted.source == ("none",) * 3
    assert fitted.threshold.tolist() == [0.5] * 3
    assert np.isnan(fitted.f_beta).all()
