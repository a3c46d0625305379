import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from components.labelers.class_proportions import ClassProportions, positive_share

SHAPE = (7, 5)
# A coarse grid of values gives many ties.
scores_of = arrays(np.float32, SHAPE, elements=st.sampled_from(np.linspace(0, 1, 21).tolist()))
states_of = arrays(np.int8, SHAPE, elements=st.sampled_from([-1, 0, 1]))
NOTHING_KNOWN = np.zeros(SHAPE, np.int8)


@settings(max_examples=40, deadline=None)
@given(scores_of, states_of, arrays(np.float64, SHAPE[1], elements=st.floats(0, 1)))
def test_class_proportions_against_a_slow_reference(scores, known, share):
    found = ClassProportions(negative_part=0.5).propose(scores, known, share).states
    for label in range(SHAPE[1]):
        cells = [row for row in range(SHAPE[0]) if known[row, label] == 0]
        ranked = sorted(cells, key=lambda row: (-float(scores[row, label]), row))
        top = int(share[label] * len(cells) + 1e-9)
        low = int(0.5 * (1 - share[label]) * len(cells) + 1e-9)
        expected = np.zeros(SHAPE[0], np.int8)
        expected[ranked[len(ranked) - low :]] = -1
        expected[ranked[:top]] = 1
        assert found[:, label].tolist() == expected.tolist()


def test_the_share_of_positives_is_taken_from_known_cells():
    states = np.array([[1, 0, -1], [-1, 0, -1], [0, 0, -1]], np.int8)
    assert positive_share(states).tolist() == [0.5, 0.0, 0.0]


@settings(max_examples=40, deadline=None)
@given(scores_of, st.floats(0, 1), st.floats(0, 1))
def test_a_greater_part_proposes_at_least_the_same(scores, one, other):
    low, high = sorted((one, other))
    fewer, more = (
        ClassProportions(positive_part=part)
        .propose(scores, NOTHING_KNOWN, np.full(SHAPE[1], 0.7))
        .states
        == 1
        for part in (low, high)
    )
    assert (more | ~fewer).all()


@pytest.mark.parametrize("wrong", [{"positive_part": -0.1}, {"negative_part": 1.1}])
def test_values_out_of_range_are_refused(wrong):
    with pytest.raises(ValueError, match="must be"):
        ClassProportions(**wrong)
