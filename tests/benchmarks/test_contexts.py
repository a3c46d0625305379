import numpy as np

from benchmarks.contexts import PAIRS, figures, variants


def test_every_pair_is_of_variants_that_differ():
    known = variants(3)
    for ours, theirs in PAIRS:
        assert known[ours] != known[theirs]
    assert known["csa.shuffled"].shuffle_contexts == 3


def test_differences_are_paired():
    random = np.random.default_rng(0)
    seeds = random.normal(size=(5, 101)) * 0.1 + 0.5
    drawn = {name: seeds + (0.02 if name == "csa" else 0.0) for name in variants(0)}
    found = {figure.name: figure for figure in figures("few:0.1", drawn)}
    gain = found["few:0.1.gain.csa.over.csa.no_contexts"]
    np.testing.assert_allclose([gain.value, gain.low, gain.high], 0.02, atol=1e-6)
    control = found["few:0.1.gain.csa.shuffled.over.csa.no_contexts"]
    assert control.low == control.high == 0.0
    assert found["few:0.1.map.csa"].low < found["few:0.1.map.csa"].high
