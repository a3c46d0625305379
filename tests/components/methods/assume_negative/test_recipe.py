import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from components.methods.assume_negative.recipe import loss as assume_negative
from components.methods.ignore_unknown.recipe import loss as ignore_unknown
from tests.components.methods.label_order import assert_label_order_does_not_matter


def test_gradients_agree_with_finite_differences():
    random = np.random.default_rng(0)
    logits = torch.from_numpy(random.normal(size=(3, 4))).requires_grad_()
    states = torch.from_numpy(random.integers(-1, 2, (3, 4)).astype(np.int8))
    assert torch.autograd.gradcheck(lambda x: assume_negative(x, states), (logits,))


@given(seed=st.integers(0, 10_000))
def test_the_order_of_labels_does_not_matter(seed):
    assert_label_order_does_not_matter(assume_negative, seed)


def test_assume_negative_equals_cross_entropy_on_full_labels():
    states = torch.tensor([[1, -1], [-1, 1]], dtype=torch.int8)
    logits = torch.tensor([[0.3, -2.0], [1.0, 0.1]])
    masked = ignore_unknown(logits, states)
    assert float(assume_negative(logits, states)) == pytest.approx(float(masked))
