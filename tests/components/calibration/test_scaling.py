import numpy as np
from scipy.optimize import minimize

from components.calibration.scaling import fit_scaling


def draw(rows: int, slopes: list[float], intercepts: list[float], seed: int = 0):
    rng = np.random.default_rng(seed)
    logits = 5 * rng.standard_normal((rows, len(slopes))) - 8
    chance = 1 / (1 + np.exp(-(logits * slopes + np.array(intercepts))))
    return logits, rng.random(chance.shape) < chance


def test_recovers_slopes_and_intercepts_given_many_cells():
    logits, truth = draw(20_000, [0.3, 0.6, 1.0], [2.0, 5.0, 6.0])
    fitted = fit_scaling(logits, truth, np.ones_like(truth))
    np.testing.assert_allclose(fitted.slope, [0.3, 0.6, 1.0], rtol=0.06)
    np.testing.assert_allclose(fitted.intercept, [2.0, 5.0, 6.0], rtol=0.08)


def test_finds_the_same_minimum_as_scipy():
    logits, truth = draw(60, [0.5, 0.5], [4.0, 4.0], seed=3)
    known = np.random.default_rng(0).random(truth.shape) < 0.7
    fitted = fit_scaling(logits, truth, known, prior_weight=1.0)
    values = logits[known]
    centre, spread = values.mean(), values.std()
    x = (logits - centre) / spread

    def loss(pair, prior, cells):
        z = pair[0] * x[cells] + pair[1]
        return (np.logaddexp(0, z) - truth[cells] * z).sum() + ((pair - prior) ** 2).sum() / 2

    shared = minimize(loss, [1.0, 0.0], args=(np.array([1.0, 0.0]), known)).x
    for label in range(2):
        cells = np.zeros_like(known)
        cells[:, label] = known[:, label]
        a, b = minimize(loss, shared, args=(shared, cells)).x
        np.testing.assert_allclose(fitted.slope[label], a / spread, rtol=1e-3)
        np.testing.assert_allclose(fitted.intercept[label], b - a * centre / spread, rtol=1e-3)


def test_a_label_without_cells_takes_the_shared_fit():
    logits, truth = draw(2000, [0.5, 0.5, 0.5], [4.0, 4.0, 4.0])
    known = np.ones_like(truth)
    known[:, 2] = False
    logits[:, 2] = np.nan
    fitted = fit_scaling(logits, truth, known)
    np.testing.assert_allclose(fitted.slope, 0.5, rtol=0.1)
    assert np.isfinite(fitted.intercept).all()


def test_slopes_stay_positive_when_scores_point_the_wrong_way():
    logits, truth = draw(500, [-0.5, 0.5], [-4.0, 4.0])
    fitted = fit_scaling(logits, truth, np.ones_like(truth))
    assert (fitted.slope > 0).all()
    p = 1 / (1 + np.exp(-(fitted.slope * logits + fitted.intercept)))
    np.testing.assert_allclose(p.mean(axis=0), truth.mean(axis=0), atol=0.02)


def test_separable_and_constant_logits_end_well():
    truth = np.array([[True, True], [True, False], [False, True], [False, False]])
    logits = np.array([[900.0, 2], [800, 2], [-900, 2], [-800, 2]])
    fitted = fit_scaling(logits, truth, np.ones_like(truth))
    assert np.isfinite(fitted.slope).all()
    assert np.isfinite(fitted.intercept).all()
    constant = fit_scaling(np.zeros((4, 2)), truth, np.ones_like(truth))
    assert np.isfinite(constant.intercept).all()


def test_one_sign_only_leaves_logits_alone():
    truth = np.ones((5, 2), bool)
    fitted = fit_scaling(np.ones((5, 2)), truth, np.ones_like(truth))
    assert fitted.slope.tolist() == [1, 1]
    assert fitted.intercept.tolist() == [0, 0]
