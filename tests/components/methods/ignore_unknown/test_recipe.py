import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from components.methods.ignore_unknown.recipe import loss as ignore_unknown
from tests.reference.finite_differences import gradient_of

SHAPE = (4, 5)
logits_of = arrays(np.float64, SHAPE, elements=st.floats(-8, 8))
states_of = arrays(np.int8, SHAPE, elements=st.sampled_from([-1, 0, 1]))


def test_gradients_agree_with_finite_differences():
    random = np.random.default_rng(0)
    logits = torch.from_numpy(random.normal(size=(3, 4))).requires_grad_()
    states = torch.from_numpy(random.integers(-1, 2, (3, 4)).astype(np.int8))
    assert torch.autograd.gradcheck(lambda x: ignore_unknown(x, states), (logits,))


@given(logits=logits_of, states=states_of, seed=st.integers(0, 100))
def test_the_order_of_labels_does_not_matter(logits, states, seed):
    order = np.random.default_rng(seed).permutation(SHAPE[1])
    plain = ignore_unknown(torch.from_numpy(logits), torch.from_numpy(states))
    turned = ignore_unknown(torch.from_numpy(logits[:, order]), torch.from_numpy(states[:, order]))
    assert float(plain) == pytest.approx(float(turned), abs=1e-12)


def test_ignore_unknown_of_a_batch_without_known_cells_is_zero():
    nothing = torch.zeros(2, 3, dtype=torch.int8)
    logits = torch.ones(2, 3, requires_grad=True)
    loss = ignore_unknown(logits, nothing)
    loss.backward()
    assert float(loss.detach()) == 0
    assert not gradient_of(logits).any()
