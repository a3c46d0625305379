"""What is counted of proposals."""

import numpy as np

from benchmarks.proposal_yield.yields import yields


def test_the_truth_sets_one_threshold_and_the_probabilities_the_other():
    scores = np.array([0.99, 0.97, 0.9, 0.8, 0.4])
    truth = np.array([True, True, False, True, True])
    found = yields(scores, truth, aim=0.95, precision=0.9)
    assert (found.by_probability.proposed, found.by_probability.right) == (3, 2)
    assert (found.by_truth.proposed, found.by_truth.right) == (2, 2)
    assert found.hidden == 4


def test_cells_of_one_score_are_taken_together():
    scores, truth = np.array([0.9, 0.9]), np.array([True, False])
    assert yields(scores, truth, precision=0.9).by_truth.proposed == 0
