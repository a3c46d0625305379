import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from components.methods.ma_sbir.modalities import Modality, ModalityTable

EMBED = 8


def drawn(seed, *shape):
    return torch.from_numpy(np.random.default_rng(seed).normal(size=shape))


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 999), kind=st.sampled_from(list(Modality)))
def test_conversion_to_the_own_modality_keeps_the_direction(seed, kind):
    table = ModalityTable(drawn(seed, 3, EMBED))
    z = torch.nn.functional.normalize(drawn(seed + 1, 5, EMBED), dim=1)
    own = torch.full((5,), int(kind))
    torch.testing.assert_close(table.convert(z, own, own), z)


def test_conversion_there_and_back_restores_an_unnormalised_direction():
    table = ModalityTable(drawn(0, 3, EMBED))
    z = drawn(1, 4, EMBED)
    photo, sketch = torch.zeros(4).long(), torch.ones(4).long()
    there = table.semantic(z, sketch) + table.rows(photo)
    back = table.semantic(there, photo) + table.rows(sketch)
    torch.testing.assert_close(back, z)
    torch.testing.assert_close(table.convert(z, sketch, photo).norm(dim=1), torch.ones(4).double())


def test_rows_are_the_vectors_of_each_modality():
    table = ModalityTable(drawn(0, 3, EMBED))
    kinds = torch.tensor([2, 0, 2, 1])
    torch.testing.assert_close(table.rows(kinds), table.vectors[kinds])
