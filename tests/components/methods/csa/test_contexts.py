import numpy as np
import pytest

from components.errors import InputError
from components.methods.csa.contexts import ContextModel, widest_gap


def unit(rows, embed=8, seed=0):
    vectors = np.random.default_rng(seed).normal(size=(rows, embed)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def scenes(num_groups, size, images, seed=0):
    """Images whose labels all come from one group."""
    random = np.random.default_rng(seed)
    states = np.full((images, num_groups * size), -1, np.int8)
    for row in states:
        group = random.integers(num_groups)
        row[group * size + random.choice(size, 3, replace=False)] = 1
    return states


def partition(groups):
    return {frozenset(np.flatnonzero(groups == group)) for group in set(groups.tolist())}


def test_groups_of_labels_that_come_together_are_found():
    found = ContextModel.fit(scenes(6, 8, 400), np.eye(48, dtype=np.float32))
    assert found.num_groups == 6
    assert partition(found.groups) == {frozenset(range(8 * g, 8 * g + 8)) for g in range(6)}


def test_the_order_of_labels_does_not_matter():
    states, texts = scenes(5, 7, 400), np.eye(35, dtype=np.float32)
    order = np.random.default_rng(3).permutation(35)
    plain = ContextModel.fit(states, texts)
    turned = ContextModel.fit(states[:, order], texts[order])
    moved = {frozenset(order[list(group)]) for group in partition(turned.groups)}
    assert moved == partition(plain.groups)


def test_shuffled_contexts_keep_their_sizes_and_lose_their_labels():
    plain = ContextModel.fit(scenes(6, 8, 400), np.eye(48, dtype=np.float32))
    control = plain.shuffled(0)
    assert np.bincount(control.groups).tolist() == np.bincount(plain.groups).tolist()
    assert partition(control.groups) != partition(plain.groups)
    np.testing.assert_array_equal(control.groups, plain.shuffled(0).groups)


@pytest.mark.parametrize("num_labels", [1, 2, 3])
@pytest.mark.parametrize("state", [-1, 0, 1])
def test_few_labels_and_no_co_occurrence_still_give_groups(num_labels, state):
    states = np.full((4, num_labels), state, np.int8)
    found = ContextModel.fit(states, unit(num_labels))
    assert len(found.groups) == num_labels
    assert 1 <= found.num_groups <= num_labels


def test_labels_that_share_nothing_are_grouped_too():
    found = ContextModel.fit(np.zeros((3, 12), np.int8), np.eye(12, dtype=np.float32))
    assert 1 <= found.num_groups <= 7


def test_the_number_of_groups_can_be_given():
    assert (
        ContextModel.fit(scenes(6, 8, 400), np.eye(48, dtype=np.float32), num_groups=4).num_groups
        == 4
    )
    with pytest.raises(InputError, match="between 1 and"):
        ContextModel.fit(scenes(6, 8, 10), unit(48), num_groups=49)


def test_the_widest_gap_is_looked_for_between_bounds_only():
    assert widest_gap(np.array([0, 0.5, 0.55, 0.9, 1.0]), 16) == 3
    assert widest_gap(np.array([0.0]), 1) == 1


def test_thousands_of_labels_are_grouped():
    states = np.zeros((600, 5000), np.int8)
    random = np.random.default_rng(0)
    for row in states:
        row[random.integers(100) * 50 + random.integers(50, size=4)] = 1
    assert ContextModel.fit(states, unit(5000, 64), num_groups=20).num_groups == 20
