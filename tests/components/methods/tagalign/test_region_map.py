import numpy as np
import pytest
import torch

from components.errors import InputError
from components.methods.tagalign.region_map import region_map


def test_region_map_follows_the_equation_and_finds_the_place():
    tag = torch.zeros(4)
    tag[0] = 2.0
    vectors = torch.zeros(6, 4)
    vectors[:, 1] = 1.0
    vectors[4] = tag
    mask = region_map(vectors, tag, (2, 3))
    np.testing.assert_allclose(mask[0, 0], 1 / (1 + np.exp(2.5)), rtol=1e-5)
    np.testing.assert_allclose(mask[1, 1], 1 / (1 + np.exp(-7.5)), rtol=1e-5)
    large = region_map(vectors, tag, (2, 3), (20, 30))
    assert large.shape == (20, 30)
    row, column = divmod(int(large.argmax()), 30)
    assert row >= 10
    assert 10 <= column < 20


@pytest.mark.parametrize("count", [0, 5])
def test_regions_that_do_not_fill_the_grid_are_refused(count):
    with pytest.raises(InputError, match="region features"):
        region_map(torch.zeros(count, 4), torch.ones(4), (2, 3))
