import numpy as np
import pytest
import torch

from components.methods.entropy.recipe import loss as entropy_loss
from tests.components.methods.region_world import LABELS
from tests.reference.vlpl_loss import vlpl_cell


def test_entropy_keeps_unknown_cells_uncertain():
    random = np.random.default_rng(0)
    logits = random.normal(size=(4, LABELS))
    states = random.integers(-1, 2, logits.shape).astype(np.int8)
    found = entropy_loss(torch.from_numpy(logits), torch.from_numpy(states), alpha=0.3)
    settings = {"alpha": 0.3, "beta": 0.0, "beta_negative": 0.0, "smoothing": 0.9}
    cells = zip(logits.ravel(), states.ravel(), strict=True)
    expected = np.mean([vlpl_cell(logit, state, 0, **settings) for logit, state in cells])
    assert float(found) == pytest.approx(expected, rel=1e-9)
