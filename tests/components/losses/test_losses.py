import numpy as np
import pytest
import torch
from torch.autograd import gradcheck

from components.losses.asymmetric import AsymmetricLoss
from components.losses.cells import weighted_mean
from components.losses.contrast import supervised_contrast
from components.losses.distillation import distillation
from tests.reference.region_losses import asymmetric_cell, contrast, divergence

SETTINGS = {"gamma_positive": 1.5, "gamma_negative": 3.0, "clip": 0.1}
CLASSES = torch.tensor([0, 1, 0, 2, 1, 0])


def drawn(*shape, seed=0):
    return torch.from_numpy(np.random.default_rng(seed).normal(size=shape))


def unit_vectors(seed=0):
    return torch.nn.functional.normalize(drawn(len(CLASSES), 4, seed=seed), dim=1)


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


def test_distillation_is_the_divergence_of_the_softmaxes():
    teacher, student = drawn(3, 5), drawn(3, 5, seed=1)
    found = float(distillation(teacher, student, 0.5))
    assert found == pytest.approx(divergence(teacher.tolist(), student.tolist(), 0.5), rel=1e-9)
    assert float(distillation(teacher, teacher, 0.5)) == pytest.approx(0, abs=1e-12)


def test_the_teacher_learns_nothing():
    teacher, student = drawn(3, 5).requires_grad_(), drawn(3, 5, seed=1).requires_grad_()
    distillation(teacher, student, 0.5).backward()
    assert teacher.grad is None
    assert student.grad.any()


def test_gradients_agree_with_finite_differences():
    logits = drawn(4, 5).requires_grad_()
    present, teacher = present_cells(), drawn(4, 5, seed=2)
    vectors = unit_vectors().requires_grad_()
    assert gradcheck(lambda x: AsymmetricLoss(**SETTINGS)(x, present), (logits,))
    assert gradcheck(lambda x: distillation(teacher, x, 0.5), (logits,))
    assert gradcheck(lambda x: supervised_contrast(x, CLASSES, 0.2), (vectors,))
    weight = drawn(4, 5, seed=3).relu()
    assert gradcheck(lambda x: weighted_mean(x.square(), weight), (logits,))


def test_a_weight_of_zero_adds_neither_loss_nor_gradient():
    each = torch.tensor([[3.0, 100.0], [5.0, 100.0]], requires_grad=True)
    weight = torch.tensor([[0.5, 0.0], [0.1, 0.0]])
    loss = weighted_mean(each, weight)
    loss.backward()
    assert float(loss.detach()) == pytest.approx((0.5 * 3 + 0.1 * 5) / 2)
    torch.testing.assert_close(each.grad, weight / 2)
    assert float(weighted_mean(each.detach(), torch.zeros(2, 2))) == 0
