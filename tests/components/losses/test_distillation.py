import numpy as np
import pytest
import torch
from torch.autograd import gradcheck

from components.losses.distillation import distillation
from tests.reference.finite_differences import gradient_of
from tests.reference.region_losses import divergence


def drawn(*shape, seed=0):
    return torch.from_numpy(np.random.default_rng(seed).normal(size=shape))


def test_distillation_is_the_divergence_of_the_softmaxes():
    teacher, student = drawn(3, 5), drawn(3, 5, seed=1)
    found = float(distillation(teacher, student, 0.5))
    assert found == pytest.approx(divergence(teacher.tolist(), student.tolist(), 0.5), rel=1e-9)
    assert float(distillation(teacher, teacher, 0.5)) == pytest.approx(0, abs=1e-12)


def test_the_teacher_learns_nothing():
    teacher, student = drawn(3, 5).requires_grad_(), drawn(3, 5, seed=1).requires_grad_()
    distillation(teacher, student, 0.5).backward()
    assert teacher.grad is None
    assert gradient_of(student).any()


def test_gradients_agree_with_finite_differences():
    teacher, student = drawn(4, 5, seed=2), drawn(4, 5).requires_grad_()
    assert gradcheck(lambda x: distillation(teacher, x, 0.5), (student,))
