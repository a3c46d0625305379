import math

import pytest
import torch

from components.methods.trm_ml.prototypes import CategoryPrototypes

TEXT = torch.eye(3)


def taken_in(prototypes, vectors, labels, probabilities):
    prototypes.update(torch.tensor(vectors), torch.tensor(labels), torch.tensor(probabilities))


def test_a_prototype_moves_a_hundredth_towards_the_mean_of_sure_positives():
    prototypes = CategoryPrototypes(TEXT)
    sure, unsure = [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]
    taken_in(prototypes, [sure, unsure, unsure], [0, 0, 1], [0.9, 0.8, 0.5])
    length = math.hypot(0.99, 0.01)
    expected = torch.tensor([0.99 / length, 0.01 / length, 0.0])
    torch.testing.assert_close(prototypes.visual[0], expected)
    torch.testing.assert_close(prototypes.visual[1:], TEXT[1:])
    assert prototypes.seen.tolist() == [1, 0, 0]


def test_a_prototype_is_used_from_its_fifth_positive_on():
    prototypes = CategoryPrototypes(TEXT)
    for _ in range(4):
        taken_in(prototypes, [[0.0, 0.6, 0.8]], [0], [0.9])
    torch.testing.assert_close(prototypes.usable, TEXT)
    torch.testing.assert_close(prototypes.middle, TEXT)
    taken_in(prototypes, [[0.0, 0.6, 0.8]], [0], [0.9])
    assert prototypes.usable[0, 1] > 0.02
    torch.testing.assert_close(prototypes.middle[0], (prototypes.visual[0] + TEXT[0]) / 2)
    torch.testing.assert_close(prototypes.usable[1:], TEXT[1:])


def test_prototypes_keep_unit_length():
    prototypes = CategoryPrototypes(TEXT)
    generator = torch.Generator().manual_seed(0)
    for _ in range(20):
        vectors = torch.nn.functional.normalize(torch.randn(6, 3, generator=generator), dim=1)
        labels = torch.randint(3, (6,), generator=generator)
        prototypes.update(vectors, labels, torch.full((6,), 0.95))
    torch.testing.assert_close(prototypes.visual.norm(dim=1), torch.ones(3))
    assert (prototypes.visual - TEXT).abs().max() > 0.02


def test_labels_never_seen_take_the_moments_of_all():
    prototypes = CategoryPrototypes(TEXT)
    # Similarity with the own text: 0.6 and 0.8; unsure ones count here too.
    taken_in(prototypes, [[0.6, 0.8, 0.0], [0.8, 0.6, 0.0]], [0, 0], [0.9, 0.1])
    mean, spread = prototypes.moments()
    assert mean.tolist() == pytest.approx([0.7] * 3, abs=1e-6)
    assert spread.tolist() == pytest.approx([0.1] * 3, abs=1e-4)


def test_labels_with_positives_have_moments_nearer_their_own():
    prototypes = CategoryPrototypes(TEXT)
    vectors = [[1.0, 0.0, 0.0]] * 20 + [[1.0, 0.0, 0.0]] * 20
    taken_in(prototypes, vectors, [0] * 20 + [1] * 20, [0.5] * 40)
    mean, _ = prototypes.moments()
    # 20 of their own beside 5 imagined ones of the pooled mean, 0.5.
    assert mean.tolist() == pytest.approx([22.5 / 25, 2.5 / 25, 0.5])


def test_before_anything_is_seen_the_moments_are_finite():
    prototypes = CategoryPrototypes(TEXT)
    none = torch.zeros(0, dtype=torch.int64)
    prototypes.update(torch.zeros(0, 3), none, torch.zeros(0))
    mean, spread = prototypes.moments()
    assert not mean.any()
    assert (spread > 0).all()
    torch.testing.assert_close(prototypes.visual, TEXT)
