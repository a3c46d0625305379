import numpy as np
import pytest
import torch
from torch.autograd import gradcheck

from components.losses.cells import weighted_mean


def drawn(*shape, seed=0):
    return torch.from_numpy(np.random.default_rng(seed).normal(size=shape))


def test_gradients_agree_with_finite_differences():
    each, weight = drawn(4, 5).requires_grad_(), drawn(4, 5, seed=3).relu()
    assert gradcheck(lambda x: weighted_mean(x.square(), weight), (each,))


def test_a_weight_of_zero_adds_neither_loss_nor_gradient():
    each = torch.tensor([[3.0, 100.0], [5.0, 100.0]], requires_grad=True)
    weight = torch.tensor([[0.5, 0.0], [0.1, 0.0]])
    loss = weighted_mean(each, weight)
    loss.backward()
    assert float(loss.detach()) == pytest.approx((0.5 * 3 + 0.1 * 5) / 2)
    torch.testing.assert_close(each.grad, weight / 2)
    assert float(weighted_mean(each.detach(), torch.zeros(2, 2))) == 0
