import numpy as np

from benchmarks.prompts import PAIRS, VARIANTS, figures


def test_every_pair_differs_in_its_prompts_alone():
    for ours, theirs in PAIRS:
        assert VARIANTS[ours].prompts == "tokens"
        assert VARIANTS[theirs].prompts == "residual"
        assert VARIANTS[ours].whole == VARIANTS[theirs].whole


def test_differences_are_paired():
    random = np.random.default_rng(0)
    seeds = random.normal(size=(3, 101)) * 0.1 + 0.5
    drawn = {name: seeds - (0.02 if name == "tokens" else 0.0) for name in VARIANTS}
    found = {figure.name: figure for figure in figures("few:0.1", drawn)}
    gain = found["few:0.1.gain.tokens.over.residual"]
    np.testing.assert_allclose([gain.value, gain.low, gain.high], -0.02, atol=1e-6)
    assert found["few:0.1.map.residual"].low < found["few:0.1.map.residual"].high
