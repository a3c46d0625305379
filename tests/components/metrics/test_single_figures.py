import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.interval_coverage import POPULATIONS, coverage
from components.metrics.bootstrap import drawn_average_precision, drawn_mean_average_precision
from components.metrics.ranking import average_precision
from components.metrics.single_figures import draw_halves, single_interval


def test_halves_hold_each_image_at_most_once_and_all_of_them_together() -> None:
    weights = draw_halves(9, 40, seed=3)
    assert set(np.unique(weights)) == {0, 1}
    assert (weights.sum(axis=1) == 5).all()
    assert weights.any(axis=0).all()
    np.testing.assert_array_equal(weights, draw_halves(9, 40, seed=3))
    with pytest.raises(ValueError, match="0 images"):
        draw_halves(0, 4, seed=0)


def test_halves_scatter_about_a_mean_as_samples_about_the_truth() -> None:
    """For a plain mean the variance is known: that of the values over their number."""
    values = np.random.default_rng(0).normal(size=400)
    means = draw_halves(400, 4000, seed=0) @ values / 200
    assert means.std() == pytest.approx(values.std() / 20, rel=0.05)
    assert means.mean() == pytest.approx(values.mean(), abs=0.003)


def test_a_bias_that_halves_with_twice_the_images_is_taken_off() -> None:
    """The figure 0.6 is 0.02 too high, its halves 0.04: the interval lies about 0.58."""
    halves = np.array([0.60, 0.64])
    found = single_interval(0.6, halves)
    reach = 1.959964 * 0.02
    assert (found.low, found.high) == pytest.approx((0.58 - reach, 0.58 + reach), abs=1e-6)


@given(
    st.floats(0, 1),
    st.lists(st.floats(0, 1) | st.just(float("nan")), min_size=1, max_size=20),
    st.floats(0.5, 0.99),
)
def test_it_holds_the_figure_and_stays_within_0_and_1(
    value: float, halves: list[float], confidence: float
) -> None:
    found = single_interval(value, np.array(halves), confidence=confidence)
    assert found.mean == value
    if np.isnan(halves).all():
        assert np.isnan(found.low)
    else:
        assert 0 <= found.low <= value <= found.high <= 1


def test_few_positives_flatter_average_precision_and_the_interval_knows() -> None:
    """Of 80 rare labels in 200 images: centred draws leave the population out, halves do not."""
    population = POPULATIONS[2]
    truth, scores = population.sample(20_000, 0)
    wanted = float(np.nanmean(average_precision(scores[0], truth)))
    truth, scores = population.sample(200, 1003)
    known = np.ones_like(truth)
    halves = drawn_mean_average_precision(
        drawn_average_precision(scores[0], truth, known, draw_halves(200, 200, seed=0))
    )
    value = float(np.nanmean(average_precision(scores[0], truth)))
    found = single_interval(value, halves)
    assert value - wanted > 0.02
    assert found.low <= wanted <= found.high


@pytest.mark.slow
@pytest.mark.parametrize("population", POPULATIONS, ids=lambda each: each.name)
def test_intervals_cover_what_very_many_images_would_say(population) -> None:
    """At 200 images; draws with replacement, centred, hold the value in 0.3 to 0.87."""
    truth, scores = population.sample(60_000, 0)
    wanted = [float(np.nanmean(average_precision(each, truth))) for each in scores]
    held = coverage(population, 200, wanted, 60)
    assert held["halves"] >= 0.8
    assert held["halves"] > held["centred"]
    assert held["difference"] >= 0.85
