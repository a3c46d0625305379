import torch

from components.methods.csa.strong_views import strong_view
from components.models.images import Images


def test_a_strong_view_leaves_regions_out_and_changes_nothing_else():
    images = Images(torch.randn(3, 4), torch.randn(3, 8, 4))
    strong = strong_view(images, region_dropout=0.5, noise=0.0)
    assert torch.equal(strong.vectors, images.vectors)
    assert strong.required_regions().shape == (3, 4, 4)
    for own, kept in zip(images.required_regions(), strong.required_regions(), strict=True):
        assert all(any(torch.equal(region, other) for other in own) for region in kept)
    everything = strong_view(images, region_dropout=0.0, noise=0.0)
    assert torch.equal(everything.required_regions(), images.required_regions())
    assert strong_view(images, region_dropout=0.99, noise=0.1).required_regions().shape[1] == 1
