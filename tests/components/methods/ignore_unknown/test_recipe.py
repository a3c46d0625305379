import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from components.methods.ignore_unknown.recipe import loss as ignore_unknown
from tests.components.methods.label_order import assert_label_order_does_not_matter
from tests.reference.finite_differences import gradient_of


def test_gradients_agree_with_finite_differences():
    random = np.random.default_rng(0)
    logits = torch.from_numpy(random.normal(size=(3, 4))).requires_grad_()
    states = torch.from_numpy(random.integers(-1, 2, (3, 4)).astype(np.int8))
    assert torch.autograd.gradcheck(lambda x: ignore_unknown(x, states), (logits,))


@given(seed=st.integers(0, 10_000))
def test_the_order_of_labels_does_not_matter(seed):
    assert_label_order_does_not_matter(ignore_unknown, seed)


def test_ignore_unknown_of_a_batch_without_known_cells_is_zero():
    nothing = torch.zeros(2, 3, dtype=torch.int8)
    logits = torch.ones(2, 3, requires_grad=True)
    loss = ignore_unknown(logits, nothing)
    loss.backward()
    assert float(loss.detach()) == 0
    assert not gradient_of(logits).any()
