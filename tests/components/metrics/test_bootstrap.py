import time

import numpy as np
import pytest

from components.metrics.bootstrap import (
    centred_interval,
    draw_images,
    drawn_average_precision,
    drawn_decisions,
    drawn_mean_average_precision,
    interval,
)
from components.metrics.decisions import class_f1, overall_f1
from components.metrics.ranking import average_precision


def table(rows: int, labels: int, seed: int, *, ties: bool = True):
    rng = np.random.default_rng(seed)
    truth = rng.random((rows, labels)) < 0.2
    truth[:, 0] = False
    scores = rng.standard_normal((rows, labels)) + truth
    known = rng.random((rows, labels)) < 0.8
    return np.round(scores, 1) if ties else scores, truth, known


def test_a_draw_equals_repeating_its_images():
    scores, truth, known = table(40, 6, 0)
    weights = draw_images(40, 25, seed=3)
    drawn = drawn_average_precision(scores, truth, known, weights)
    f1 = drawn_decisions(scores > 0.5, truth, known, weights)
    for draw, weight in enumerate(weights):
        rows = np.repeat(np.arange(40), weight.astype(int))
        expected = average_precision(scores[rows], truth[rows], known[rows])
        np.testing.assert_allclose(drawn[draw], expected, rtol=1e-5)
        decided, present, counted = scores[rows] > 0.5, truth[rows], known[rows]
        sums = [(a & counted).sum(axis=0) for a in (decided & present, decided, present)]
        assert f1[0][draw] == pytest.approx(float(class_f1(*sums)), rel=1e-6)
        assert f1[1][draw] == pytest.approx(float(overall_f1(*sums)), rel=1e-6)


def test_chunks_do_not_change_the_draws(monkeypatch: pytest.MonkeyPatch):
    scores, truth, known = table(30, 4, 1)
    weights = draw_images(30, 20, seed=0)
    whole = drawn_average_precision(scores, truth, known, weights)
    monkeypatch.setattr("components.metrics.bootstrap._CELLS_PER_CHUNK", 100)
    np.testing.assert_array_equal(drawn_average_precision(scores, truth, known, weights), whole)


def test_draws_are_seeded_and_complete():
    weights = draw_images(17, 5, seed=1)
    assert (weights.sum(axis=1) == 17).all()
    np.testing.assert_array_equal(weights, draw_images(17, 5, seed=1))
    assert (weights != draw_images(17, 5, seed=2)).any()
    with pytest.raises(ValueError, match="0 images"):
        draw_images(0, 5, seed=1)


def test_both_conventions_in_draws():
    per_label = np.array([[0.5, np.nan], [np.nan, np.nan]])
    skipped = drawn_mean_average_precision(per_label)
    assert skipped[0] == 0.5
    assert np.isnan(skipped[1])
    assert drawn_mean_average_precision(per_label, empty_as_zero=True).tolist() == [0.25, 0]


def test_interval_holds_the_middle_of_the_draws():
    draws = np.append(np.linspace(0, 1, 1001), np.nan)
    result = interval(0.5, draws, confidence=0.9)
    assert (result.mean, result.low, result.high) == pytest.approx((0.5, 0.05, 0.95))
    assert np.isnan(interval(0.5, np.array([np.nan])).low)


def test_centred_interval_holds_the_figure():
    draws = np.linspace(0.6, 0.8, 101)
    result = centred_interval(0.5, draws, confidence=0.9)
    assert (result.mean, result.low, result.high) == pytest.approx((0.5, 0.41, 0.59))
    near_the_edge = centred_interval(0.99, draws, confidence=0.9)
    assert near_the_edge.low <= near_the_edge.mean <= near_the_edge.high <= 1
    assert np.isnan(centred_interval(0.5, np.array([np.nan])).low)


@pytest.mark.slow
def test_intervals_cover_what_a_large_collection_would_say():
    """Small test sets drawn from a known population; the plain interval covers mAP in 73 %."""
    rng = np.random.default_rng(1)
    rate, shift = rng.uniform(0.02, 0.15, 30), rng.uniform(0.8, 3, 30)

    def sample(rows: int, seed: int):
        rng = np.random.default_rng(seed)
        truth = rng.random((rows, 30)) < rate
        noise = rng.standard_normal((2, rows, 30))
        return truth, noise[0] + shift * truth, noise[1] + (shift + 0.3) * truth

    def mean_ap(scores: np.ndarray, truth: np.ndarray) -> float:
        return float(np.nanmean(average_precision(scores, truth)))

    truth, one, other = sample(100_000, 0)
    figure = mean_ap(one, truth)
    difference = mean_ap(other, truth) - figure
    covered = np.zeros(2)
    for trial in range(100):
        truth, one, other = sample(200, 1000 + trial)
        weights = draw_images(200, 300, seed=trial)
        known = np.ones_like(truth)
        draws = [
            drawn_mean_average_precision(drawn_average_precision(s, truth, known, weights))
            for s in (one, other)
        ]
        ours = mean_ap(one, truth)
        single = centred_interval(ours, draws[0])
        paired = interval(mean_ap(other, truth) - ours, draws[1] - draws[0])
        covered += single.low <= figure <= single.high, paired.low <= difference <= paired.high
    assert covered[0] >= 80
    assert covered[1] >= 88


def test_paired_interval_is_sharper_than_the_unpaired_one():
    scores, truth, known = table(300, 5, 2, ties=False)
    better = scores + 0.2 * truth
    weights = draw_images(300, 300, seed=0)
    one, other = (
        drawn_mean_average_precision(drawn_average_precision(s, truth, known, weights))
        for s in (scores, better)
    )
    paired = interval(0.0, other - one)
    assert paired.low > 0
    single = interval(0.0, one)
    assert paired.high - paired.low < (single.high - single.low) / 2


def test_a_usual_report_takes_seconds():
    scores, truth, known = table(1000, 100, 4, ties=False)
    weights = draw_images(1000, 1000, seed=0)
    start = time.process_time()
    drawn_average_precision(scores, truth, known, weights)
    assert time.process_time() - start < 5
