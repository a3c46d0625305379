import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from bench.proposals.ranking import Ranking

SHAPE = (5, 4)
scores_of = arrays(np.float64, SHAPE, elements=st.sampled_from([0.1, 0.2, 0.5, 0.9]))
cells_of = arrays(np.bool_, SHAPE)
counts_of = arrays(np.float32, (1, SHAPE[0]), elements=st.integers(0, 3))


@settings(max_examples=60, deadline=None)
@given(scores_of, cells_of, cells_of, counts_of, st.floats(0.05, 1))
def test_recall_at_a_precision_against_trying_every_threshold(
    scores, truth, unknown, counts, wanted
):
    found = Ranking.of(scores, truth, unknown).recall_at(np.array([wanted]), counts)[0]
    total = (counts[0][:, None] * (truth & unknown)).sum()
    best = 0.0
    for threshold in (0.1, 0.2, 0.5, 0.9):
        chosen = (scores >= threshold) & unknown
        proposed = (counts[0][:, None] * chosen).sum()
        hits = (counts[0][:, None] * (chosen & truth)).sum()
        if proposed and hits / proposed >= wanted - 1e-9:
            best = max(best, hits / max(total, 1))
    assert found == pytest.approx(best)


def test_tied_cells_enter_together():
    scores, truth = np.full((2, 2), 0.5), np.array([[True, True], [False, False]])
    ranking = Ranking.of(scores, truth, np.ones((2, 2), bool))
    assert ranking.recall_at(np.array([0.6])) == 0
    assert ranking.recall_at(np.array([0.5])) == 1
    assert ranking.threshold_for(0.5) == 0.5
    assert ranking.threshold_for(0.6) == np.inf
