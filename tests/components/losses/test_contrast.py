import numpy as np
import pytest
import torch
from torch.autograd import gradcheck

from components.losses.contrast import supervised_contrast
from tests.reference.region_losses import contrast

CLASSES = torch.tensor([0, 1, 0, 2, 1, 0])


def drawn(*shape, seed=0):
    return torch.from_numpy(np.random.default_rng(seed).normal(size=shape))


def unit_vectors(seed=0):
    return torch.nn.functional.normalize(drawn(len(CLASSES), 4, seed=seed), dim=1)


@pytest.mark.parametrize("seed", range(3))
def test_contrast_equals_a_double_loop(seed):
    vectors = unit_vectors(seed)
    found = float(supervised_contrast(vectors, CLASSES, 0.2))
    assert found == pytest.approx(contrast(vectors.tolist(), CLASSES.tolist(), 0.2), rel=1e-9)
    assert found >= 0


def test_two_partners_alone_have_nothing_to_contrast_with():
    assert float(supervised_contrast(unit_vectors()[:2], torch.tensor([7, 7]), 0.2)) == 0


@pytest.mark.parametrize("number", [0, 1, 4])
def test_contrast_without_a_partner_is_zero_and_has_no_gradient(number):
    vectors = unit_vectors()[:number].requires_grad_()
    loss = supervised_contrast(vectors, torch.arange(number), 0.2)
    (gradient,) = torch.autograd.grad(loss, vectors)
    assert float(loss.detach()) == 0
    assert not gradient.any()


def test_gradients_agree_with_finite_differences():
    vectors = unit_vectors().requires_grad_()
    assert gradcheck(lambda x: supervised_contrast(x, CLASSES, 0.2), (vectors,))
