import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.optimize import minimize

from components.calibration import partial_pooling
from components.calibration.partial_pooling import fit_curves


def draw(rows: int, slopes: np.ndarray, intercepts: np.ndarray, seed: int = 0):
    rng = np.random.default_rng(seed)
    logits = 5 * rng.standard_normal((rows, len(slopes))) - 8
    chance = 1 / (1 + np.exp(-(logits * slopes + intercepts)))
    return logits, rng.random(chance.shape) < chance


def probabilities(curves, logits: np.ndarray) -> np.ndarray:
    z = np.clip(curves.slope * logits + curves.intercept, -60, 60)
    return 1 / (1 + np.exp(-z))


def test_many_cells_give_each_label_its_own_curve() -> None:
    slopes, intercepts = np.array([0.3, 0.6, 1.0]), np.array([2.0, 5.0, 6.0])
    logits, truth = draw(20_000, slopes, intercepts)
    fitted = fit_curves(logits, truth, np.ones_like(truth))
    np.testing.assert_allclose(fitted.slope, slopes, rtol=0.06)
    np.testing.assert_allclose(fitted.intercept, intercepts, rtol=0.08)


def test_the_mode_of_a_label_is_that_of_a_general_minimiser() -> None:
    logits, truth = draw(50, np.array([0.4, 0.7]), np.array([3.0, 4.0]), seed=2)
    x, weight = (logits + 8) / 5, np.random.default_rng(1).uniform(0, 2, truth.shape)
    mean, covariance = np.array([0.2, -1.0]), np.array([[0.2, 0.05], [0.05, 0.6]])
    cells = partial_pooling._Cells(x=x, truth=truth, weight=weight)
    found, curvature = partial_pooling._modes(cells, mean, covariance, np.zeros((2, 2)))
    for label in range(2):

        def loss(pair: np.ndarray, label: int = label) -> float:
            z = np.exp(pair[0]) * x[:, label] + pair[1]
            cross = weight[:, label] * (np.logaddexp(0, z) - truth[:, label] * z)
            apart = pair - mean
            return float(cross.sum() + apart @ np.linalg.inv(covariance) @ apart / 2)

        np.testing.assert_allclose(found[label], minimize(loss, mean).x, atol=2e-3)
        assert (np.linalg.eigvalsh(curvature[label]) > 0).all()


def test_where_labels_are_alike_few_positives_lean_on_the_others() -> None:
    logits, truth = draw(400, np.full(40, 0.5), np.full(40, 2.0))
    known = np.ones_like(truth)
    known[6:, 0] = False
    truth[:6, 0] = True  # six cells, and luck has it that all are present
    fitted = fit_curves(logits, truth, known)
    others = fit_curves(logits[:, 1:], truth[:, 1:], known[:, 1:])
    typical = np.full(40, np.median(logits))
    apart = probabilities(fitted, typical[None])[0, 0] - probabilities(others, typical[None, 1:])
    assert np.abs(apart).max() < 0.3


def test_a_label_without_cells_takes_the_typical_curve() -> None:
    logits, truth = draw(2000, np.full(5, 0.5), np.full(5, 4.0))
    known = np.ones_like(truth)
    known[:, 2] = False
    logits[:, 2] = np.nan
    fitted = fit_curves(logits, truth, known)
    assert fitted.slope[2] == pytest.approx(0.5, rel=0.1)
    assert fitted.intercept[2] == pytest.approx(4.0, rel=0.1)


def test_rows_that_count_half_twice_are_rows_that_count_once() -> None:
    logits, truth = draw(60, np.full(4, 0.5), np.full(4, 3.0))
    known = np.random.default_rng(0).random(truth.shape) < 0.8
    once = fit_curves(logits, truth, known)
    twice = fit_curves(
        np.tile(logits, (2, 1)), np.tile(truth, (2, 1)), np.tile(known, (2, 1)), np.full(120, 0.5)
    )
    np.testing.assert_allclose(twice.slope, once.slope, rtol=1e-3)
    np.testing.assert_allclose(twice.intercept, once.intercept, rtol=1e-3, atol=1e-3)


def test_labels_at_a_time_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    logits, truth = draw(60, np.full(7, 0.5), np.linspace(1, 4, 7))
    whole = fit_curves(logits, truth, np.ones_like(truth))
    monkeypatch.setattr(partial_pooling, "_CELLS_AT_ONCE", 130)
    parts = fit_curves(logits, truth, np.ones_like(truth))
    np.testing.assert_allclose(parts.slope, whole.slope, rtol=1e-4)
    np.testing.assert_allclose(parts.intercept, whole.intercept, rtol=1e-4)


@settings(max_examples=40, deadline=None)
@given(st.data(), st.integers(1, 12), st.integers(1, 5))
def test_curves_rise_and_follow_their_labels_whatever_is_known(
    data, rows: int, labels: int
) -> None:
    shape = (rows, labels)
    logits = data.draw(arrays(float, shape, elements=st.sampled_from([-30.0, -1, 0, 0, 2, 900])))
    truth, known = (data.draw(arrays(bool, shape)) for _ in range(2))
    fitted = fit_curves(logits, truth, known)
    assert np.isfinite(fitted.slope).all()
    assert np.isfinite(fitted.intercept).all()
    assert (fitted.slope > 0).all()
    ladder = np.linspace(-40, 40, 9)[:, None] * np.ones(labels)
    p = probabilities(fitted, ladder)
    assert ((p >= 0) & (p <= 1)).all()
    assert (np.diff(p, axis=0) >= 0).all()
    order = np.array(data.draw(st.permutations(range(labels))))
    moved = fit_curves(logits[:, order], truth[:, order], known[:, order])
    np.testing.assert_allclose(probabilities(moved, ladder), p[:, order], atol=2e-3)


def test_one_sign_only_leaves_logits_alone() -> None:
    truth = np.ones((5, 2), bool)
    fitted = fit_curves(np.ones((5, 2)), truth, np.ones_like(truth))
    assert (fitted.slope.tolist(), fitted.intercept.tolist()) == ([1, 1], [0, 0])
