import numpy as np
import pytest
import torch

from examples.cards.training_losses import image_loss, region_loss, soft_loss, subject_loss
from examples.cards.training_targets import Targets, row_ids, targets_of
from examples.cards.training_words import COLOURS, WordTable

# Two subjects share the wider word.
TABLE = WordTable(("cat", "dog"), ("cat", "dog", "animal"), np.array([[0.5, 0, 0.5], [0, 1.0, 0]]))
BOTH = WordTable(TABLE.subjects, TABLE.words, np.array([[1.0, 0, 0], [0, 1.0, 0]]))


def _targets(table: WordTable, owners: torch.Tensor, before: torch.Tensor, seed: int) -> Targets:
    subjects, colours = (
        np.array([[0, 1], [0, -1]]),
        np.array([[COLOURS.index("red"), -1], [-1, -1]]),
    )
    rng = np.random.default_rng(seed)
    return targets_of(subjects, colours, owners, before, table, 2, rng)


def _owners() -> torch.Tensor:
    owners = torch.zeros(2, 8, 8, dtype=torch.uint8)
    owners[0, :4, :4], owners[0, 4:, 4:] = 1, 2
    owners[1, :4, 4:] = 1
    return owners


def test_pictures_and_regions_have_the_words_of_their_things() -> None:
    owners = _owners()
    for seed in range(20):
        targets = _targets(BOTH, owners, owners, seed)
        dog = next(n for n, phrase in enumerate(targets.phrases) if "dog" in phrase)
        cats = [n for n, phrase in enumerate(targets.phrases) if "cat" in phrase]
        assert targets.images[:, dog].tolist() == [True, False]
        assert targets.images[:, cats].any(dim=1).tolist() == [True, True]
        assert targets.regions[0, 3, dog] == 1
        assert targets.regions[0, 1, 0] == 1  # bare ground
        assert torch.allclose(targets.regions.sum(2), torch.ones(2, 4))
        # A red cat is a cat too, and the other picture's colourless cat is no red one.
        for column in cats:
            red = "red" in targets.phrases[column]
            assert bool((targets.images | targets.open_images)[1, column]) is not red
            assert (targets.images | targets.open_images)[0, column]


def test_another_right_word_counts_neither_way() -> None:
    owners = _owners()
    seen = set()
    for seed in range(40):
        targets = _targets(TABLE, owners, owners, seed)
        for column, phrase in enumerate(targets.phrases):
            if "animal" in phrase and "red" not in phrase:
                seen.add(tuple(targets.images[:, column].tolist()))
                assert (targets.images | targets.open_images)[:, column].all()
                assert not (targets.images & targets.open_images).any()
    assert len(seen) > 1


def test_what_a_crop_cuts_off_is_neither_there_nor_missing() -> None:
    before = _owners()
    owners = before.clone()
    owners[0][owners[0] == 2] = 0
    owners[0, 7, 7] = 2
    targets = _targets(BOTH, owners, before, 0)
    dog = next(n for n, phrase in enumerate(targets.phrases) if "dog" in phrase)
    assert not targets.images[0, dog]
    assert targets.open_images[0, dog]
    owners[0, 7, 7] = 0
    targets = _targets(BOTH, owners, before, 0)
    assert not targets.open_images[0, dog]


def test_soft_loss_is_cross_entropy_over_what_counts() -> None:
    logits = torch.tensor([[1.0, 2.0, 0.5]])
    target = torch.tensor([[1.0, 0.0, 0.0]])
    none = torch.zeros(1, 3, dtype=torch.bool)
    expected = torch.nn.functional.cross_entropy(logits, torch.tensor([0]))
    assert soft_loss(logits, target, none).item() == pytest.approx(expected.item(), abs=1e-6)
    without = torch.tensor([[False, True, False]])
    expected = torch.nn.functional.cross_entropy(logits[:, [0, 2]], torch.tensor([0]))
    assert soft_loss(logits, target, without).item() == pytest.approx(expected.item(), abs=1e-5)


def test_losses_fall_when_the_right_words_score_higher() -> None:
    owners = _owners()
    targets = _targets(BOTH, owners, owners, 1)
    good = 8.0 * targets.images
    assert image_loss(good, targets) < 0.6 * image_loss(torch.zeros_like(good), targets)
    good = 8.0 * targets.regions
    none = torch.zeros_like(good)
    assert region_loss(good, targets, 0.1) < 0.5 * region_loss(none, targets, 0.1)


def test_subjects_are_told_by_number_whatever_they_are_called() -> None:
    owners = _owners()
    targets = _targets(TABLE, owners, owners, 1)
    assert targets.subjects.tolist() == [[True, True], [True, False]]
    assert targets.region_subjects[0].argmax(1).tolist() == [0, 2, 2, 1]
    right = 20.0 * (2 * targets.subjects.float() - 1), 20.0 * targets.region_subjects
    wrong = -right[0], -right[1]
    assert subject_loss(*right, targets, 0.1) < 0.01 < subject_loss(*wrong, targets, 0.1)


def test_equal_rows_have_equal_numbers() -> None:
    ids = row_ids(np.array([[1, 2], [3, 4], [1, 2]]))
    assert ids[0] == ids[2] != ids[1]
