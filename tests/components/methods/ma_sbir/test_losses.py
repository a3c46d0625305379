import numpy as np
import pytest
import torch
from torch import nn

from components.methods.ma_sbir.losses import (
    Pairs,
    TermWeights,
    contrast,
    modality_term,
    orthogonality_term,
    reconstruction_term,
    semantic_term,
    total_loss,
)
from components.methods.ma_sbir.modalities import Modality, ModalityTable
from tests.reference import ma_sbir_loss as slow

EMBED = 6


def unit(rows):
    return torch.nn.functional.normalize(rows, dim=1)


def world(seed, num_rows=7, num_classes=3):
    draw = torch.Generator().manual_seed(seed)
    texts = unit(torch.randn(num_classes, EMBED, generator=draw, dtype=torch.float64))
    classes = torch.randint(num_classes, (num_rows,), generator=draw)
    pairs = Pairs(
        images=unit(torch.randn(num_rows, EMBED, generator=draw, dtype=torch.float64)),
        texts=texts[classes],
        image_modality=torch.randint(2, (num_rows,), generator=draw),
        text_modality=torch.full((num_rows,), int(Modality.TEXT)),
        classes=classes,
    )
    table = ModalityTable(0.3 * torch.randn(3, EMBED, generator=draw, dtype=torch.float64))
    discriminator = nn.Linear(EMBED, 3, dtype=torch.float64)
    with torch.no_grad():
        discriminator.weight.normal_(generator=draw)
        discriminator.bias.normal_(generator=draw)
    return table, discriminator, pairs


class Parts(nn.ModuleList):
    """Table and discriminator as one module, so that their parameters can be given."""

    def __init__(self, total, *parts):
        super().__init__(parts)
        self.total = total

    def forward(self):
        return self.total(self[0], self[1])


def rows_of(pairs):
    return [
        (z_v.numpy(), z_t.numpy(), int(i), int(j), int(c))
        for z_v, z_t, i, j, c in zip(
            pairs.images,
            pairs.texts,
            pairs.image_modality,
            pairs.text_modality,
            pairs.classes,
            strict=True,
        )
    ]


@pytest.mark.parametrize("seed", range(3))
def test_each_term_equals_the_slow_reference(seed):
    table, discriminator, pairs = world(seed)
    m, rows = table.vectors.detach().numpy(), rows_of(pairs)
    a, b = (p.detach().numpy() for p in (discriminator.weight, discriminator.bias))
    clip, sem, mod, rec, orth = (
        slow.clip(9.0, rows),
        slow.sem(m, rows),
        slow.mod(m, a, b, rows),
        slow.rec(m, rows),
        slow.orth(m, rows),
    )
    for fast, expected in (
        (contrast(pairs, 9.0), clip),
        (semantic_term(table, pairs), sem),
        (modality_term(table, discriminator, pairs), mod),
        (reconstruction_term(table, pairs), rec),
        (orthogonality_term(table, pairs), orth),
    ):
        assert fast.item() == pytest.approx(expected, abs=1e-10)
    released = (clip + 0.1 * sem + 0.1 * mod + 0.02 * rec) / 1.22
    total = total_loss(table, discriminator, pairs, 9.0, TermWeights())
    assert total.item() == pytest.approx(released, abs=1e-10)


def test_gradients_agree_with_finite_differences():
    table, discriminator, pairs = world(3, num_rows=4)
    weights = TermWeights(orthogonality=0.3)

    def loss(vectors, weight, bias, scale, images):
        moved = Pairs(images, pairs.texts, pairs.image_modality, pairs.text_modality, pairs.classes)

        def total(table, discriminator):
            return total_loss(table, discriminator, moved, scale, weights)

        given = {"0.vectors": vectors, "1.weight": weight, "1.bias": bias}
        return torch.func.functional_call(Parts(total, table, discriminator), given, ())

    inputs = (
        table.vectors.detach(),
        discriminator.weight.detach(),
        discriminator.bias.detach(),
        torch.tensor(5.0, dtype=torch.float64),
        pairs.images,
    )
    loose = [value.clone().requires_grad_() for value in inputs]
    assert torch.autograd.gradcheck(loss, loose)


def test_with_one_image_a_class_the_contrast_is_clips():
    _, _, pairs = world(0, num_rows=3)
    classes = torch.arange(3)
    texts = unit(torch.eye(3, EMBED, dtype=torch.float64) + 0.1)
    single = Pairs(pairs.images, texts, pairs.image_modality, pairs.text_modality, classes)
    logits = 7 * single.images @ texts.T
    clip = nn.functional.cross_entropy
    expected = (clip(logits, classes) + clip(logits.T, classes)) / 2
    assert contrast(single, 7.0).item() == pytest.approx(expected.item())


def test_renaming_classes_or_reordering_rows_changes_nothing():
    table, discriminator, pairs = world(4)
    order = torch.randperm(7, generator=torch.Generator().manual_seed(0))
    renamed = torch.tensor([2, 0, 1])[pairs.classes]
    shuffled = Pairs(
        pairs.images[order],
        pairs.texts[order],
        pairs.image_modality[order],
        pairs.text_modality[order],
        renamed[order],
    )
    before = total_loss(table, discriminator, pairs, 9.0, TermWeights())
    after = total_loss(table, discriminator, shuffled, 9.0, TermWeights())
    assert before.item() == pytest.approx(after.item())


def test_weights_must_not_be_negative_or_all_zero():
    with pytest.raises(ValueError, match="0 or more"):
        TermWeights(clip=-1.0)
    with pytest.raises(ValueError, match="not all 0"):
        TermWeights(clip=0.0, semantic=0.0, modality=0.0, reconstruction=0.0)


def test_perfect_vectors_cost_nothing():
    z = unit(torch.ones(2, EMBED, dtype=torch.float64))
    kinds = torch.tensor([0, 1])
    pairs = Pairs(z, z, kinds, torch.full((2,), 2), torch.zeros(2).long())
    table = ModalityTable(torch.zeros(3, EMBED, dtype=torch.float64))
    assert semantic_term(table, pairs).item() == pytest.approx(0, abs=1e-12)
    assert reconstruction_term(table, pairs).item() == pytest.approx(0, abs=1e-12)
    assert np.isfinite(contrast(pairs, 100.0).item())
