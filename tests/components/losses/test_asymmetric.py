import numpy as np
import pytest
import torch
from torch.autograd import gradcheck

from components.losses.asymmetric import AsymmetricLoss
from tests.reference.region_losses import asymmetric_cell

SETTINGS = {"gamma_positive": 1.5, "gamma_negative": 3.0, "clip": 0.1}


def drawn(*shape, seed=0):
    return torch.from_numpy(np.random.default_rng(seed).normal(size=shape))


def present_cells():
    return (drawn(4, 5, seed=1) > 0).double()


def test_the_asymmetric_loss_is_its_equations():
    logits, present = 3 * drawn(4, 5), present_cells()
    expected = [
        [asymmetric_cell(x, y, **SETTINGS) for x, y in zip(xs, ys, strict=True)]
        for xs, ys in zip(logits.tolist(), present.tolist(), strict=True)
    ]
    found = AsymmetricLoss(**SETTINGS)(logits, present)
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)
    surely_absent = (present == 0) & (torch.sigmoid(logits) < SETTINGS["clip"])
    assert surely_absent.any()
    assert not found[surely_absent].any()


def test_without_focus_and_clip_it_is_cross_entropy():
    logits, present = 3 * drawn(4, 5), present_cells()
    plain = AsymmetricLoss(gamma_positive=0.0, gamma_negative=0.0, clip=0.0)(logits, present)
    expected = torch.nn.functional.binary_cross_entropy_with_logits(
        logits, present, reduction="none"
    )
    torch.testing.assert_close(plain, expected)


def test_the_asymmetric_loss_is_finite_at_extreme_logits():
    logits = torch.tensor([[-200.0, 200.0]], requires_grad=True)
    for present in (torch.zeros(1, 2), torch.ones(1, 2)):
        loss = AsymmetricLoss()(logits, present).sum()
        (gradient,) = torch.autograd.grad(loss, logits)
        assert torch.isfinite(loss)
        assert torch.isfinite(gradient).all()


@pytest.mark.parametrize("wrong", [{"gamma_negative": -1.0}, {"clip": 1.0}, {"clip": -0.1}])
def test_the_asymmetric_loss_refuses_values_out_of_range(wrong):
    with pytest.raises(ValueError, match="gammas"):
        AsymmetricLoss(**wrong)


def test_gradients_agree_with_finite_differences():
    logits, present = drawn(4, 5).requires_grad_(), present_cells()
    assert gradcheck(lambda x: AsymmetricLoss(**SETTINGS)(x, present), (logits,))
