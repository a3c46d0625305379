import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from components.labels.hiding import hide, mask_hash
from components.labels.matrix import LabelMatrix
from components.labels.protocols import (
    Few,
    HidingProtocol,
    Partial,
    SinglePositive,
)
from components.labels.vocabulary import Vocabulary

PROTOCOLS = [SinglePositive(), Partial(share=0.3), Few(share=0.4)]
any_states = arrays(
    np.int8,
    array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=9),
    elements=st.integers(-1, 1),
)


def matrix(states: np.ndarray) -> LabelMatrix:
    ids = tuple(f"image-{row}" for row in range(len(states)))
    names = tuple(f"label-{column}" for column in range(states.shape[1]))
    return LabelMatrix(ids, Vocabulary(names), states)


def full(num_examples: int, num_labels: int, seed: int = 0) -> LabelMatrix:
    generator = np.random.default_rng(seed)
    states = np.where(generator.random((num_examples, num_labels)) < 0.2, 1, -1)
    return matrix(states.astype(np.int8))


@given(any_states, st.sampled_from(PROTOCOLS), st.integers(0, 2**32))
def test_kept_and_hidden_together_are_the_input(
    states: np.ndarray, protocol: HidingProtocol, seed: int
) -> None:
    result = hide(matrix(states), protocol, seed=seed)
    kept, hidden = result.kept.states, result.hidden.states
    assert not (result.kept.known & result.hidden.known).any()
    assert np.array_equal(kept + hidden, states)


@given(any_states, st.integers(0, 2**32))
def test_single_positive_keeps_one_positive_where_there_is_one(
    states: np.ndarray, seed: int
) -> None:
    kept = hide(matrix(states), SinglePositive(), seed=seed).kept.states
    assert np.array_equal((kept == 1).sum(axis=1), (states == 1).any(axis=1))
    assert not (kept == -1).any()


@given(any_states, st.sampled_from(PROTOCOLS))
def test_growth_and_order_change_no_old_mask(states: np.ndarray, protocol: HidingProtocol) -> None:
    labels = matrix(states)
    reverse = tuple(reversed(labels.example_ids))
    whole = hide(labels, protocol, seed=5)
    turned = hide(labels.select(reverse), protocol, seed=5)
    first = hide(labels.select(reverse[:1]), protocol, seed=5)
    assert np.array_equal(turned.kept.states[::-1], whole.kept.states)
    assert turned.mask_hash == whole.mask_hash
    assert np.array_equal(first.kept.states[0], whole.kept.states[-1])


def test_single_positive_is_uniform_over_the_positives() -> None:
    labels = matrix(np.tile(np.array([1, -1, 1, 1, 0], dtype=np.int8), (30_000, 1)))
    kept = hide(labels, SinglePositive(), seed=0).kept.states
    assert (kept == 1).mean(axis=0) == pytest.approx([1 / 3, 0, 1 / 3, 1 / 3, 0], abs=0.01)


def test_partial_keeps_both_signs_alike_and_independently() -> None:
    labels = full(4_000, 50)
    kept = hide(labels, Partial(share=0.3), seed=1).kept
    assert kept.known[labels.states == 1].mean() == pytest.approx(0.3, abs=0.01)
    assert kept.known[labels.states == -1].mean() == pytest.approx(0.3, abs=0.01)
    # Independent cells: the correlation of any two columns stays at noise level.
    correlation = np.corrcoef(kept.known.T.astype(float)) - np.eye(50)
    assert np.abs(correlation).max() < 5 / np.sqrt(4_000)


def test_partial_masks_are_nested() -> None:
    labels = full(200, 20)
    small = hide(labels, Partial(share=0.2), seed=1).kept.known
    large = hide(labels, Partial(share=0.6), seed=1).kept.known
    assert (small <= large).all()


def test_few_keeps_whole_rows() -> None:
    labels = full(5_000, 4)
    known = hide(labels, Few(share=0.1), seed=2).kept.known
    assert (known.all(axis=1) | ~known.any(axis=1)).all()
    assert known.any(axis=1).mean() == pytest.approx(0.1, abs=0.02)


def test_the_hash_tells_masks_apart() -> None:
    labels = full(50, 10)
    first = hide(labels, Partial(share=0.3), seed=1)
    assert first.mask_hash == hide(labels, Partial(share=0.3), seed=1).mask_hash
    assert first.mask_hash != hide(labels, Partial(share=0.3), seed=2).mask_hash
    assert first.mask_hash == mask_hash(first.kept)


def test_the_mask_is_the_same_on_every_machine() -> None:
    assert hide(matrix(np.ones((20, 6), np.int8)), Partial(share=0.5), seed=7).mask_hash.startswith(
        "3804223b67b5"
    )
