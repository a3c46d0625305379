import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from components.methods.trm_ml.confidence import confidence, proposed

SIMILARITIES = arrays(np.float64, (2, 3, 3), elements=st.floats(-1, 1))
SHARES = arrays(np.float64, (4, 3), elements=st.floats(0, 1))
STATES = arrays(np.int8, (4, 3), elements=st.sampled_from([-1, 0, 1]))


@given(SIMILARITIES)
def test_confidence_is_its_formula_and_a_share(similarity):
    mean, spread, temperature = [0.1, 0.2, -0.3], [0.1, 0.5, 1.0], 0.07
    found = confidence(
        torch.from_numpy(similarity),
        torch.tensor(mean).double(),
        torch.tensor(spread).double(),
        temperature,
    )
    for image in range(2):
        for label in range(3):
            row = similarity[image, label]
            between = 1 / sum(math.exp((other - row[label]) / temperature) for other in row)
            within = 1 / (1 + math.exp(-(row[label] - mean[label]) / spread[label]))
            assert float(found[image, label]) == pytest.approx(between * within, rel=1e-5)
    assert ((found >= 0) & (found <= 1)).all()


@given(SHARES, STATES)
def test_only_unknown_cells_are_proposed_and_only_sure_ones(sureness, states):
    found = proposed(torch.from_numpy(sureness), torch.from_numpy(states), 0.7, 0.2).numpy()
    sure = np.where(sureness >= 0.7, 1, np.where(sureness <= 0.2, -1, 0))
    np.testing.assert_array_equal(found, np.where(states == 0, sure, 0))


def test_nothing_is_proposed_where_all_is_known():
    states = torch.tensor([[1, -1], [-1, 1]], dtype=torch.int8)
    for sureness in (torch.zeros(2, 2), torch.ones(2, 2)):
        assert not proposed(sureness, states, 0.5, 0.01).any()
        assert proposed(sureness, torch.zeros_like(states), 0.5, 0.01).all()
