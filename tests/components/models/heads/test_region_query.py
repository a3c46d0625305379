import numpy as np
import torch

from components.models.heads.region_query import RegionQuery
from components.models.images import Images
from tests.components.models.drawn_heads import EMBED, drawn_head, drawn_images
from tests.reference.region_heads import attended_region


def slow_regions(head, regions):
    """R of every image and label."""
    parts = (head.down.weight, head.down.bias, head.up.weight)
    down, bias, up = (each.detach().numpy() for each in parts)
    queries = head.query.detach().numpy()
    return np.array(
        [[attended_region(image, query, down, bias, up) for query in queries] for image in regions]
    )


def test_every_product_with_the_attended_region_equals_forming_it():
    head = drawn_head("region_query").double()
    assert isinstance(head, RegionQuery)
    regions = drawn_images()[1]
    formed = slow_regions(head, regions)
    others = torch.randn(3, EMBED, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
    others = torch.nn.functional.normalize(others, dim=1)
    with torch.no_grad():
        attended = head.attend(torch.from_numpy(regions))
        prompts = head.prompts
        rows, labels = torch.tensor([0, 2, 2]), torch.tensor([4, 0, 3])
        np.testing.assert_allclose(attended.inner(others), formed @ others.numpy().T, atol=1e-10)
        own = np.einsum("bce,ce->bc", formed, prompts.numpy())
        np.testing.assert_allclose(attended.cosines(prompts), own, atol=1e-10)
        np.testing.assert_allclose(
            attended.vectors(rows, labels), formed[rows.numpy(), labels.numpy()], atol=1e-10
        )


def test_logits_of_a_region_query_are_gained_cosines_of_standardised_regions():
    head = drawn_head("region_query").double()
    assert isinstance(head, RegionQuery)
    vectors, regions = map(torch.from_numpy, drawn_images())
    standard = ((regions - head.centre) / head.scale).numpy()
    text = (head.text + head.prompt).detach().numpy()
    text /= np.linalg.norm(text, axis=1, keepdims=True)
    cosines = np.einsum("bce,ce->bc", slow_regions(head, standard), text)
    expected = head.gain.detach().numpy() * cosines + head.bias.detach().numpy()
    found = head(Images(vectors, regions)).detach()
    np.testing.assert_allclose(found, expected, atol=1e-10)
