import numpy as np
import pytest

from components.calibration.cells import CrossFitted
from components.calibration.holdout_fit import calibrate
from components.calibration.scaling import fit_scaling
from components.calibration.thresholds import shared_threshold
from components.labels.states import ABSENT, PRESENT
from components.metrics.calibration import expected_calibration_error, reliability_bins
from components.metrics.ranking import average_precision

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


def test_a_holdout_that_chose_among_many_attempts_does_not_promise_too_much():
    """Forty equally good taggers; thirty images like one of them by luck, and calibrate it."""
    rng = np.random.default_rng(7)
    num_labels, sizes = 40, {"val": 30, "train": 120, "test": 4000}
    truth = {name: rng.random((rows, num_labels)) < 0.08 for name, rows in sizes.items()}

    def scores(split: str) -> np.ndarray:
        return rng.normal(size=truth[split].shape) * 2 + 3 * truth[split]

    attempts = [scores("val") for _ in range(40)]
    every = np.ones_like(truth["val"])
    figures = [np.nanmean(average_precision(one, truth["val"], every)) for one in attempts]
    taken, test = attempts[int(np.argmax(figures))], scores("test")
    cross = CrossFitted(
        holdout=scores("val"),
        training=scores("train"),
        states=np.where(truth["train"], PRESENT, ABSENT).astype(np.int8),
    )
    names = [str(label) for label in range(num_labels)]

    def gap(slope, intercept, threshold) -> float:
        p = 1 / (1 + np.exp(-(slope * test + intercept)))
        given = p >= threshold
        return float(p[given].mean() - truth["test"][given].mean())

    fitted = calibrate(taken, truth["val"], every, names, cross=cross, num_bootstrap=0)
    old = fit_scaling(taken, truth["val"], every)
    p = 1 / (1 + np.exp(-(old.slope * taken + old.intercept)))
    before = gap(old.slope, old.intercept, shared_threshold(p, truth["val"], every))
    assert before > 0.15
    assert abs(gap(fitted.slope, fitted.intercept, fitted.threshold)) < 0.06


@pytest.mark.parametrize("rows", [1, 2])
def test_one_image_or_one_known_cell_ends_well(rows: int):
    logits, truth = hold_out(rows)
    known = np.zeros_like(truth)
    known[0, 0] = True
    for cells in (known, np.ones_like(truth), np.zeros_like(truth)):
        cross = CrossFitted(
            holdout=logits, training=logits, states=np.where(truth, 1, -1).astype(np.int8)
        )
        fitted = calibrate(logits, truth, cells, NAMES, cross=cross, num_bootstrap=5)
        p = fitted.probabilities(logits)
        assert np.isfinite(p).all()
        assert np.isfinite(fitted.threshold).all()


def test_permuted_labels_are_calibrated_alike():
    logits, truth = hold_out(80)
    known = np.random.default_rng(0).random(truth.shape) < 0.7
    order = np.array([2, 0, 1])
    one = calibrate(logits, truth, known, NAMES, num_bootstrap=0)
    other = calibrate(logits[:, order], truth[:, order], known[:, order], NAMES, num_bootstrap=0)
    np.testing.assert_allclose(
        other.probabilities(logits[:, order]), one.probabilities(logits)[:, order], atol=1e-3
    )
