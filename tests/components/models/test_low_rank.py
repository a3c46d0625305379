import copy

import pytest
import torch
from torch import nn

from components.models.low_rank import add_low_rank, merged_state
from tests.reference.finite_differences import gradient_of


class Small(nn.Module):
    def __init__(self):
        super().__init__()
        self.image = nn.Conv2d(3, 8, 4, stride=4)
        self.attention = nn.MultiheadAttention(8, 2, batch_first=True)
        self.out = nn.Linear(8, 5)
        self.norm = nn.LayerNorm(8)

    def forward(self, pixels):
        tokens = self.norm(self.image(pixels).flatten(2).transpose(1, 2))
        mixed, _ = self.attention(tokens, tokens, tokens, need_weights=False)
        return self.out(mixed.mean(dim=1))


def updated(rank=2):
    torch.manual_seed(0)
    plain = Small().eval()
    changed = copy.deepcopy(plain)
    return plain, changed, add_low_rank(changed, rank=rank, alpha=4.0)


PIXELS = torch.randn(6, 3, 16, 16, generator=torch.Generator().manual_seed(1))


def test_nothing_changes_before_the_first_step():
    plain, changed, count = updated()
    assert count == 4  # convolution, queries keys and values, attention's output, out
    torch.testing.assert_close(changed(PIXELS), plain(PIXELS))


def test_only_the_updates_learn_and_they_reach_every_chosen_matrix():
    _, changed, _ = updated()
    with torch.no_grad():
        for name, parameter in changed.named_parameters():
            if name.endswith("up"):
                parameter.normal_()
    changed(PIXELS).square().sum().backward()
    moved = {name for name, each in changed.named_parameters() if each.grad is not None}
    assert all(name.rsplit(".", 1)[1] in ("up", "down") for name in moved)
    assert len(moved) == 8
    assert all(
        gradient_of(each).abs().sum() > 0 for each in changed.parameters() if each.requires_grad
    )


@pytest.mark.parametrize("rank", [1, 2])
def test_a_merged_module_is_plain_again_and_gives_the_same(rank):
    plain, changed, _ = updated(rank)
    with torch.no_grad():
        for name, parameter in changed.named_parameters():
            if name.endswith("up"):
                parameter.normal_()
    before = changed(PIXELS)
    assert not torch.allclose(before, plain(PIXELS), atol=1e-3)
    merged = copy.deepcopy(plain)
    merged.load_state_dict(merged_state(changed))
    torch.testing.assert_close(merged(PIXELS), before)
    difference = (merged.out.weight - plain.out.weight).detach()
    assert torch.linalg.matrix_rank(difference, tol=1e-5) == rank


def test_matrices_too_small_to_save_anything_stay_as_they_are():
    _, changed, count = updated(rank=5)
    assert count == 3  # out has 5 rows
    assert "out.weight" in changed.state_dict()


def test_a_depthwise_convolution_gets_an_update_and_is_merged():
    torch.manual_seed(0)
    plain = nn.Conv2d(12, 12, 5, groups=12)
    changed = copy.deepcopy(plain)
    assert add_low_rank(changed, rank=8, alpha=4.0) == 1
    with torch.no_grad():
        dict(changed.named_parameters())["parametrizations.weight.0.up"].normal_()
    merged = copy.deepcopy(plain)
    merged.load_state_dict(merged_state(changed))
    pixels = torch.randn(2, 12, 7, 7)
    torch.testing.assert_close(merged(pixels), changed(pixels))
    assert not torch.allclose(plain(pixels), changed(pixels), atol=1e-3)
