import numpy as np
import torch

from components.models.heads.evidence_pool import EvidencePool
from components.models.images import Images
from tests.components.models.drawn_heads import drawn_head, drawn_images
from tests.reference.region_heads import evidence_logit


def test_an_evidence_pool_equals_forming_what_it_pools():
    head = drawn_head("evidence_pool").double()
    assert isinstance(head, EvidencePool)
    vectors, regions = map(torch.from_numpy, drawn_images())
    standard = ((regions - head.centre) / head.scale).numpy()
    prompts = [each.detach().numpy() for each in (head.where, head.what, head.bias)]
    expected = [
        [evidence_logit(image, *own) for own in zip(*prompts, strict=True)] for image in standard
    ]
    np.testing.assert_allclose(head(Images(vectors, regions)).detach(), expected, atol=1e-10)
