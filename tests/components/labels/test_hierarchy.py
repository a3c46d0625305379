import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from components.labels.hierarchy import NO_PARENTS, Hierarchy, hierarchy_of
from components.labels.meaning import Meaning

NAMES = ("sparrow", "crow", "bird", "animal", "car")
FAMILY = hierarchy_of(
    NAMES,
    {
        "sparrow": Meaning(parents=("bird",)),
        "crow": Meaning(parents=("bird",)),
        "bird": Meaning(parents=("animal",)),
    },
)
ANCESTORS = {0: (2, 3), 1: (2, 3), 2: (3,), 3: (), 4: ()}
ROWS = st.lists(st.tuples(*[st.sampled_from((-1, 0, 1))] * 5), min_size=1, max_size=6)


def follows(row: tuple[int, ...]) -> list[int]:
    """What follows from one row, cell by cell."""
    pairs = [(child, parent) for child, parents in ANCESTORS.items() for parent in parents]
    unsure = {
        cell
        for child, parent in pairs
        if (row[child], row[parent]) == (1, -1)
        for cell in (child, parent)
    }
    found = [0] * len(row)
    for child, parent in pairs:
        if row[child] == 1 and child not in unsure and row[parent] == 0:
            found[parent] = 1
        if row[parent] == -1 and parent not in unsure and row[child] == 0:
            found[child] = -1
    return found


def test_parents_are_transitive():
    pairs = {(child, parent) for child, parents in ANCESTORS.items() for parent in parents}
    assert set(FAMILY.pairs) == pairs
    assert not NO_PARENTS


@settings(deadline=None)
@given(ROWS)
def test_known_cells_imply_what_a_reading_by_hand_does(rows):
    states = np.array(rows, np.int8)
    before = states.copy()
    implied = FAMILY.implied(states)
    assert implied.tolist() == [follows(row) for row in rows]
    np.testing.assert_array_equal(states, before)
    assert not ((implied != 0) & (states != 0)).any()


@settings(deadline=None)
@given(ROWS)
def test_what_is_implied_adds_no_contradiction_and_nothing_more_follows(rows):
    states = np.array(rows, np.int8)
    whole = states + FAMILY.implied(states)
    assert FAMILY.conflicts(whole) == FAMILY.conflicts(states)
    calm = np.array([not FAMILY.conflicts(states[[row]]) for row in range(len(states))])
    assert not FAMILY.implied(whole)[calm].any()


def test_a_contradiction_names_row_child_and_ancestor():
    states = np.array([[1, 0, 0, -1, 0], [1, 0, 1, 0, 0]], np.int8)
    assert FAMILY.conflicts(states) == [(0, 0, 3)]
    assert FAMILY.implied(states)[0].tolist() == [0, 0, 0, 0, 0]


def test_silence_about_a_parent_gives_way_to_a_child():
    states = np.array([[1, -1, -1, -1, -1]], np.int8)
    silent = np.array([[False, True, True, False, True]])
    assert FAMILY.outspoken(states, silent).tolist() == [[False, False, True, False, False]]


@settings(deadline=None)
@given(st.lists(st.tuples(*[st.floats(0, 1)] * 5), min_size=1, max_size=4))
def test_no_probability_is_above_that_of_an_ancestor(rows):
    given_ = np.array(rows)
    capped = FAMILY.capped(given_)
    for child, parents in ANCESTORS.items():
        expected = np.min(given_[:, [child, *parents]], axis=1)
        np.testing.assert_array_equal(capped[:, child], expected)
        for parent in parents:
            assert (capped[:, child] <= capped[:, parent]).all()


def test_a_given_tag_brings_its_ancestors():
    given_ = np.array([[True, False, False, False, False], [False, False, False, True, False]])
    assert FAMILY.closed(given_).tolist() == [[True, False, True, True, False], given_[1].tolist()]
    assert Hierarchy(()).closed(given_) is given_
