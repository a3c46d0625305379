import numpy as np
import pytest
import torch
import torch.nn.functional as functional

from components.models.gated_projector import GatedProjector
from components.models.heads.catalog import head_class
from components.models.heads.head import detached_copy
from components.models.heads.projected import ProjectedHead
from components.models.images import Images


def unit(*shape, seed=0):
    values = torch.randn(*shape, generator=torch.Generator().manual_seed(seed))
    return functional.normalize(values, dim=-1)


def head(*, best_region=False, open_gates=False, num_labels=5, **more):
    made = ProjectedHead(
        GatedProjector(8, num_blocks=1, kernel_size=3, seed=1),
        unit(num_labels, 8, seed=2),
        (2, 3),
        best_region=best_region,
        **more,
    )
    if open_gates:
        with torch.no_grad():
            for name, parameter in made.projector.named_parameters():
                if name.endswith("gate"):
                    parameter.fill_(0.7)
    return made


def images(count=4):
    return Images(unit(count, 8, seed=3), unit(count, 6, 8, seed=4))


def test_at_zero_gates_it_is_zero_shot_on_the_mean_region():
    made = head(scale=10.0)
    mean = functional.normalize(images().required_regions().mean(dim=1), dim=1)
    np.testing.assert_allclose(
        made(images()).detach(), 10 * mean @ made.text.T, rtol=1e-5, atol=1e-5
    )


def test_a_sharp_pool_is_the_best_region_and_a_blunt_one_the_mean_of_cosines():
    cosines = images().required_regions() @ head().text.T
    blunt = head(best_region=True, sharpness=1e-3).similarity(
        images().required_regions(), head().text
    )
    np.testing.assert_allclose(blunt.detach(), cosines.mean(dim=1), atol=1e-3)
    sharp = head(best_region=True, sharpness=100.0).similarity(
        images().required_regions(), head().text
    )
    np.testing.assert_allclose(sharp.detach(), cosines.amax(dim=1), atol=np.log(6) / 100)


@pytest.mark.parametrize("best_region", [False, True])
def test_permuted_labels_are_permuted_logits(best_region):
    made = head(best_region=best_region, open_gates=True)
    order = torch.tensor([3, 0, 4, 1, 2])
    moved = detached_copy(made)
    moved.text.copy_(made.text[order])
    assert torch.allclose(moved(images()), made(images())[:, order], atol=1e-6)


def test_region_scores_are_what_the_pool_reads():
    made = head(best_region=True, open_gates=True, sharpness=30.0)
    regions = images().required_regions()
    scores = made.region_scores(regions[1], 2).detach()
    pooled = (torch.logsumexp(30 * scores, dim=0) - np.log(6)) / 30
    assert float(pooled) == pytest.approx(made(images())[1, 2].item(), abs=1e-5)


def test_many_texts_go_in_parts_with_the_same_gradient():
    made = head(best_region=True, open_gates=True)
    many = unit(1100, 8, seed=5)
    regions = images().required_regions()
    whole = made.similarity(regions, many)
    pieces = torch.cat([made.similarity(regions, part) for part in many.split(100)], dim=1)
    assert torch.allclose(whole, pieces, atol=1e-6)
    one, two = (
        torch.autograd.grad(each.square().sum(), made.log_sharpness)[0] for each in (whole, pieces)
    )
    assert torch.allclose(one, two, rtol=1e-4)


@pytest.mark.parametrize("best_region", [False, True])
def test_gradients_in_double_precision(best_region):
    made = head(best_region=best_region, open_gates=True, num_labels=2).double()
    regions = unit(1, 6, 8).double().requires_grad_()
    assert torch.autograd.gradcheck(lambda r: made(Images(r[:, 0], r)), (regions,))


def test_a_head_of_its_settings_takes_its_tensors():
    made = head(best_region=True, open_gates=True)
    again = head_class("projected").empty(**made.settings())
    again.load_state_dict(made.state_dict())
    assert torch.equal(again(images()), made(images()))
