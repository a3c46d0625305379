import numpy as np

from bench.proposals.candidates import candidates
from bench.proposals.cross_fit import SELECTED, rank


def test_a_labeler_measured_alone_is_the_same_as_among_others(seen) -> None:
    found = candidates(observed=False, negatives=True)
    few = {name: found[name] for name in ("softmax", "evidence")}
    alone = rank(seen, "labelled_half", few, seed=2, deciding="evidence")
    more = few | {name: found[name] for name in ("platt", "prototype:20")}
    among = rank(seen, "labelled_half", more, seed=2, deciding=SELECTED)
    np.testing.assert_array_equal(
        alone.rankings["evidence"].scores, among.rankings["evidence"].scores
    )
    assert len(among.chosen) == 2
    assert set(among.chosen) <= set(more)
