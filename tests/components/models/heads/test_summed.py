import torch

from components.models.heads.evidence_pool import EvidencePool
from components.models.heads.linear import LinearHead
from components.models.heads.summed import SummedHead
from components.models.images import Images
from tests.components.models.drawn_heads import drawn_head, drawn_images


def test_a_summed_head_is_the_sum():
    whole, pool = drawn_head("linear"), drawn_head("evidence_pool")
    assert isinstance(whole, LinearHead)
    assert isinstance(pool, EvidencePool)
    vectors, regions = (torch.from_numpy(each).float() for each in drawn_images())
    images = Images(vectors, regions)
    linear = vectors @ whole.weight.T + whole.bias
    torch.testing.assert_close(SummedHead(whole, pool)(images), linear + pool(images))
