import numpy as np
import pytest

from benchmarks.csa_variants import paired_figures

PAIRS = (("better", "same"), ("same", "other"), ("better", "left out"))


def test_differences_are_paired() -> None:
    seeds = np.random.default_rng(0).normal(size=(5, 101)) * 0.1 + 0.5
    drawn = {"better": seeds + 0.02, "same": seeds, "other": seeds}
    found = {figure.name: figure for figure in paired_figures("few:0.1", drawn, PAIRS)}
    gain = found["few:0.1.gain.better.over.same"]
    assert (gain.value, gain.low, gain.high) == pytest.approx((0.02, 0.02, 0.02), abs=1e-6)
    control = found["few:0.1.gain.same.over.other"]
    assert control.low == control.high == 0.0
    mean = found["few:0.1.map.better"]
    assert mean.low is not None
    assert mean.high is not None
    assert mean.low < mean.high


def test_a_pair_of_which_one_was_left_out_is_not_compared() -> None:
    seeds = np.full((2, 11), 0.5)
    names = [each.name for each in paired_figures("few:0.1", {"better": seeds}, PAIRS)]
    assert names == ["few:0.1.map.better"]
