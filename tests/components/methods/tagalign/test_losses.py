import math

import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
import torch
import torch.nn.functional as functional
from hypothesis import given
from hypothesis import strategies as st

from components.methods.tagalign.losses import contrastive, multi_tag_softmax, scaled
from tests.reference.finite_differences import gradient_of
from tests.reference.tagalign_loss import info_nce, tag_term


def vectors(rng, rows, embed=5):
    return torch.from_numpy(rng.normal(size=(rows, embed)))


def similarities(images, texts, log_scale):
    cosines = functional.normalize(images, dim=1) @ functional.normalize(texts, dim=1).T
    return scaled(cosines, log_scale)


@given(st.integers(0, 10_000), st.integers(1, 6), st.integers(1, 7))
def test_tag_loss_equals_the_slow_reference(seed, num_images, num_tags):
    rng = np.random.default_rng(seed)
    images, tags = vectors(rng, num_images), vectors(rng, num_tags)
    targets = torch.from_numpy((rng.random((num_images, num_tags)) < 0.4).astype(float))
    logits = similarities(images, tags, torch.tensor(math.log(7.0), dtype=torch.float64))
    expected = [
        tag_term(i, tags.tolist(), t, 7.0)
        for i, t in zip(images.tolist(), targets.tolist(), strict=True)
    ]
    np.testing.assert_allclose(multi_tag_softmax(logits, targets), expected, rtol=1e-9, atol=1e-12)


@given(st.integers(0, 10_000), st.integers(1, 6))
def test_contrastive_loss_equals_the_slow_reference(seed, count):
    rng = np.random.default_rng(seed)
    images, captions = vectors(rng, count), vectors(rng, count)
    logits = similarities(images, captions, torch.tensor(math.log(5.0), dtype=torch.float64))
    found = float(contrastive(logits, torch.eye(count, dtype=torch.bool)))
    assert found == pytest.approx(info_nce(images.tolist(), captions.tolist(), 5.0), rel=1e-9)


def test_gradients_in_double_precision():
    rng = np.random.default_rng(0)
    images, texts = vectors(rng, 4).requires_grad_(), vectors(rng, 4).requires_grad_()
    scale = torch.tensor(1.0).double().requires_grad_()
    targets = torch.tensor([[1.0, 0, 1, 0], [0, 0, 0, 0], [0, 1, 0, 0], [1, 1, 1, 1]]).double()
    several = torch.tensor([[1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]).bool()

    def tag_loss(i, t, s):
        return multi_tag_softmax(similarities(i, t, s), targets).sum()

    def caption_loss(i, t, s):
        return contrastive(similarities(i, t, s), several)

    assert torch.autograd.gradcheck(tag_loss, (images, texts, scale))
    assert torch.autograd.gradcheck(caption_loss, (images, texts, scale))


def test_no_tag_no_loss_and_no_gradient():
    logits = torch.randn(3, 4, generator=torch.Generator().manual_seed(0)).requires_grad_()
    loss = multi_tag_softmax(logits, torch.zeros(3, 4)).sum()
    loss.backward()
    assert loss.item() == 0.0
    assert not gradient_of(logits).any()


@given(st.integers(0, 1_000))
def test_the_order_of_tags_and_images_does_not_matter(seed):
    rng = np.random.default_rng(seed)
    logits = torch.from_numpy(rng.normal(size=(5, 6)))
    targets = torch.from_numpy((rng.random((5, 6)) < 0.5).astype(float))
    tags, images = rng.permutation(6), rng.permutation(5)
    plain = multi_tag_softmax(logits, targets)
    np.testing.assert_allclose(multi_tag_softmax(logits[:, tags], targets[:, tags]), plain)
    np.testing.assert_allclose(multi_tag_softmax(logits[images], targets[images]), plain[images])


@given(hnp.arrays(np.float64, (4, 4), elements=st.floats(-50, 50)))
def test_contrast_does_not_care_which_side_is_which(table):
    logits = torch.from_numpy(table)
    positive = torch.eye(4, dtype=torch.bool)
    positive[0, 1] = positive[1, 0] = True
    forth, back = contrastive(logits, positive), contrastive(logits.T, positive.T)
    assert float(forth) == pytest.approx(float(back))


def test_very_unlikely_tags_keep_their_gradient():
    logits = torch.tensor([[0.0, 80.0]], requires_grad=True)
    multi_tag_softmax(logits, torch.tensor([[1.0, 0.0]])).sum().backward()
    np.testing.assert_allclose(gradient_of(logits), [[-1.0, 1.0]], atol=1e-6)


def test_scale_is_bounded():
    one = torch.ones(1, 2)
    assert float(similarities(one, one, torch.tensor(9.0))) == pytest.approx(100.0)
