from dataclasses import replace

import numpy as np
import pytest

from bench.protocols import check_protocol, holdout_of, label_task
from bench.world import World
from components.errors import InputError
from components.labels.hiding import mask_hash
from components.labels.matrix import LabelMatrix


@pytest.mark.parametrize("word", ["single-positive", "partial:0.3", "few:0.2"])
def test_the_holdout_is_hidden_from_as_training_is(world: World, word: str) -> None:
    found = label_task(world, word, seed=3, holdout="observed")
    truth = np.concatenate([world.parts["train"].states, world.parts["val"].states])
    states = np.concatenate([found.task.states, found.task.holdout.states])
    known = states != 0
    np.testing.assert_array_equal(states[known], truth[known])
    shares = [(part != 0).mean() for part in (found.task.states, found.task.holdout.states)]
    assert shares[1] < 0.6
    assert abs(shares[0] - shares[1]) < 0.15
    ids = (*world.parts["train"].ids, *world.parts["val"].ids)
    assert found.mask_hash == mask_hash(LabelMatrix(ids, world.vocabulary, states))


def test_a_clean_holdout_keeps_its_labels_and_changes_the_mask_hash(world: World) -> None:
    clean = label_task(world, "single-positive", seed=0, holdout="clean")
    hidden = label_task(world, "single-positive", seed=0, holdout="observed")
    np.testing.assert_array_equal(clean.task.states, hidden.task.states)
    np.testing.assert_array_equal(clean.task.holdout.states, world.parts["val"].states)
    assert clean.mask_hash != hidden.mask_hash


def test_the_published_single_positive_alone_has_a_clean_holdout() -> None:
    words = ("single-positive", "single-positive/clean", "partial:0.5", "captions")
    assert [holdout_of(word, "protocol") for word in words] == [
        *("observed", "clean", "observed", "observed")
    ]


def test_the_largest_thing_alone_is_named(world: World) -> None:
    rng = np.random.default_rng(0)
    sizes = {
        split: (rng.random(part.states.shape) * (part.states > 0)).astype(np.float32)
        for split, part in world.parts.items()
    }
    sizes["train"][3] = 0  # no box is known
    sized = replace(
        world,
        parts={name: replace(part, sizes=sizes[name]) for name, part in world.parts.items()},
    )
    found = label_task(sized, "single-positive/largest", seed=0, holdout="observed").task
    assert not found.states[3].any()
    for split, states in (("train", found.states), ("val", found.holdout.states)):
        for row, known in enumerate(states):
            if split == "train" and row == 3:
                continue
            assert np.flatnonzero(known).tolist() == [sizes[split][row].argmax()]
            assert known.max() == 1


def test_without_boxes_nothing_is_the_largest(world: World) -> None:
    with pytest.raises(InputError, match="no sizes"):
        label_task(world, "single-positive/largest", seed=0, holdout="observed")


def test_captions_know_nothing_to_be_absent(world: World) -> None:
    found = label_task(world, "captions", seed=0, holdout="observed")
    assert set(np.unique(found.task.states)) == {0, 1}
    assert found.task.captions is not None
    assert label_task(world, "few:0.2", seed=0, holdout="observed").task.captions is None


@pytest.mark.parametrize("word", ["captions", "sketch", "partial:0.50", "few:0.1"])
def test_protocol_words(word: str) -> None:
    assert check_protocol(word) == word.replace("0.50", "0.5")


@pytest.mark.parametrize("word", ["partial", "everything", "few:2", "single-positive@cole"])
def test_wrong_protocol_words_are_refused(word: str) -> None:
    with pytest.raises(InputError, match=r"use|needs"):
        check_protocol(word)
