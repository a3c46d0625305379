import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.calibration.thresholds import (
    best_thresholds,
    drawn_thresholds,
    shared_threshold,
)
from components.metrics.bootstrap import draw_images
from components.metrics.decisions import f_beta_at


def fbeta(truth: np.ndarray, decided: np.ndarray, beta: float = 1.0) -> float:
    hits, below = (truth & decided).sum(), beta**2 * truth.sum() + decided.sum()
    return (1 + beta**2) * hits / below if below else 0.0


GRID = np.linspace(0.05, 0.95, 19)


def table(seed: int, rows: int = 30, labels: int = 4):
    rng = np.random.default_rng(seed)
    truth = rng.random((rows, labels)) < 0.4
    p = np.clip(rng.random((rows, labels)) * 0.6 + 0.4 * truth, 0, 1).round(2)
    return p, truth, rng.random((rows, labels)) < 0.8


@given(st.integers(0, 2**32 - 1), st.sampled_from([0.5, 1.0, 2.0]))
def test_no_other_threshold_of_the_grid_is_better(seed: int, beta: float):
    p, truth, known = table(seed, rows=12, labels=3)
    best = best_thresholds(p, truth, known, grid=GRID, beta=beta)
    for label in range(3):
        cells = known[:, label]
        if not truth[cells, label].any():
            assert np.isnan(best.threshold[label])
            continue
        tried = [fbeta(truth[cells, label], p[cells, label] >= t, beta) for t in GRID]
        assert best.score[label] == pytest.approx(max(tried))
        at_best = tried[int(np.flatnonzero(best.threshold[label] == GRID)[0])]
        assert at_best == pytest.approx(max(tried))


def test_what_it_says_it_reaches_is_what_decisions_reach():
    p, truth, known = table(5)
    best = best_thresholds(p, truth, known)
    np.testing.assert_allclose(best.score, f_beta_at(p >= best.threshold, truth, known))
    np.testing.assert_array_equal(best.positives, (truth & known).sum(axis=0))
    np.testing.assert_array_equal(best.negatives, (~truth & known).sum(axis=0))


def test_the_middle_of_equally_good_thresholds_is_taken():
    p = np.array([[0.9], [0.1]])
    truth = np.array([[True], [False]])
    best = best_thresholds(p, truth, np.ones_like(truth), grid=GRID)
    assert best.threshold[0] == pytest.approx(0.5)


def test_draws_agree_with_repeated_rows():
    p, truth, known = table(6)
    weights = draw_images(len(p), 10, seed=0)
    draws = drawn_thresholds(p, truth, known, weights, grid=GRID)
    for draw, weight in zip(draws, weights, strict=True):
        rows = np.repeat(np.arange(len(p)), weight.astype(int))
        again = best_thresholds(p[rows], truth[rows], known[rows], grid=GRID)
        np.testing.assert_array_equal(draw, again.threshold)


def test_one_threshold_for_all_labels():
    p, truth, known = table(7)
    t = shared_threshold(p, truth, known, grid=GRID)
    tried = [fbeta(truth[known], p[known] >= x) for x in GRID]
    assert tried[int(np.flatnonzero(t == GRID)[0])] == pytest.approx(max(tried))
    assert np.isnan(shared_threshold(p, np.zeros_like(truth), known))


def test_a_grid_must_rise():
    p, truth, known = table(8)
    with pytest.raises(ValueError, match="must rise"):
        best_thresholds(p, truth, known, grid=GRID[::-1].copy())
