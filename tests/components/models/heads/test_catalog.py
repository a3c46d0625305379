import pytest
import torch

from components.models.images import Images
from tests.components.models.drawn_heads import KINDS, LABELS, drawn_head, drawn_images


@pytest.mark.parametrize("kind", KINDS)
def test_permuting_the_labels_permutes_the_logits(kind):
    head, turned = drawn_head(kind), drawn_head(kind)
    order = torch.tensor([3, 0, 4, 1, 2])
    with torch.no_grad():
        for value in turned.state_dict().values():
            if value.shape[:1] == (LABELS,):
                value.copy_(value[order])
    vectors, regions = (torch.from_numpy(each).float() for each in drawn_images())
    images = Images(vectors, regions)
    torch.testing.assert_close(turned(images), head(images)[:, order])
