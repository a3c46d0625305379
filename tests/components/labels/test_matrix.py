import numpy as np
import pytest

from components.errors import ArtefactError
from components.labels.matrix import LabelMatrix
from components.labels.vocabulary import Vocabulary

NAMES = Vocabulary(("cat", "dog"))


def matrix() -> LabelMatrix:
    return LabelMatrix(("a", "b", "c"), NAMES, np.array([[1, 0], [-1, 1], [0, 0]], np.int8))


def test_known_and_present_are_read_from_the_states() -> None:
    assert matrix().known.tolist() == [[True, False], [True, True], [False, False]]
    assert matrix().present.tolist() == [[True, False], [False, True], [False, False]]


def test_rows_are_chosen_in_the_order_asked_for() -> None:
    chosen = matrix().select(["c", "a"])
    assert chosen.example_ids == ("c", "a")
    assert chosen.states.tolist() == [[0, 0], [1, 0]]


def test_rows_that_are_missing_are_counted_and_the_first_is_named() -> None:
    with pytest.raises(ArtefactError, match="2 examples have no row of labels, 'x' first"):
        matrix().select(["a", "x", "y"])


@pytest.mark.parametrize("states", [[[1, 0, 0]], [[2, 0]], [[-2, 0]]])
def test_states_that_fit_neither_shape_nor_values_are_refused(states: list[list[int]]) -> None:
    with pytest.raises(ValueError, match="states"):
        LabelMatrix(("a",), NAMES, np.array(states, np.int8))
