import numpy as np
import pytest
import torch
from torch import nn

from components.errors import InputError
from components.models.gated_projector import GatedProjector, pooled
from tests.reference.finite_differences import gradient_of


def gates(projector: GatedProjector) -> list[nn.Parameter]:
    return [each for name, each in projector.named_parameters() if name.endswith("gate")]


def regions(batch=2, count=6, embed=8):
    values = torch.randn(batch, count, embed, generator=torch.Generator().manual_seed(1))
    return nn.functional.normalize(values, dim=2)


def test_at_zero_gates_it_equals_the_frozen_regions():
    vectors = regions()
    projector = GatedProjector(8, seed=3)
    np.testing.assert_allclose(projector(vectors, (2, 3)).detach(), vectors, atol=1e-6)
    assert [float(gate.detach()) for gate in gates(projector)] == [0.0] * 4


def test_open_gates_look_at_neighbours_and_kernel_one_does_not():
    vectors = regions(batch=1)
    moved = vectors.clone()
    moved[0, 0] += 1.0
    for kernel_size, neighbours_change in ((3, True), (1, False)):
        projector = GatedProjector(8, kernel_size=kernel_size)
        with torch.no_grad():
            for gate in gates(projector):
                gate.fill_(1.0)
        change = (projector(moved, (2, 3)) - projector(vectors, (2, 3))).abs().sum(dim=2)[0]
        assert change[0] > 0
        assert bool(change[1:].any()) is neighbours_change


def test_gates_get_a_gradient_from_the_start():
    projector = GatedProjector(8)
    pooled(projector(regions(), (2, 3))).sum().backward()
    assert all(float(gradient_of(gate).abs()) > 0 for gate in gates(projector))


def test_gradients_in_double_precision():
    projector = GatedProjector(4, num_blocks=1).double()
    with torch.no_grad():
        for gate in gates(projector):
            gate.fill_(0.5)
    vectors = regions(1, 4, 4).double().requires_grad_()
    assert torch.autograd.gradcheck(lambda v: pooled(projector(v, (2, 2))), (vectors,))


def test_the_seed_decides_the_start_and_nothing_else_moves():
    before = torch.get_rng_state()
    one, two = (GatedProjector(8, seed=5).state_dict() for _ in range(2))
    assert all(torch.equal(one[key], two[key]) for key in one)
    assert torch.equal(before, torch.get_rng_state())


@pytest.mark.parametrize("wrong", [{"kernel_size": 2}, {"num_blocks": 0}])
def test_impossible_shapes_are_refused(wrong):
    with pytest.raises(InputError):
        GatedProjector(8, **wrong)
