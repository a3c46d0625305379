import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from components.errors import ArtefactError, InputError
from components.labels.matrix import LabelMatrix
from components.labels.tables import matrix_to_table, read_matrix, table_to_matrix, write_labels
from components.labels.vocabulary import Vocabulary

VOCABULARY = Vocabulary(("cat", "dog", "cow"))
IDS = ("a", "b", "c", "d")


@given(arrays(np.int8, (4, 3), elements=st.sampled_from([-1, 0, 1])), st.permutations(IDS))
def test_a_matrix_survives_its_long_form_in_any_order(states, order):
    matrix = LabelMatrix(IDS, VOCABULARY, states)
    back = table_to_matrix(matrix_to_table(matrix), order, VOCABULARY)
    np.testing.assert_array_equal(back.states, matrix.select(order).states)


def test_round_trip_on_disk_and_examples_without_labels(tmp_path):
    matrix = LabelMatrix(("a",), VOCABULARY, np.array([[1, 0, -1]], np.int8))
    write_labels(tmp_path / "labels.parquet", matrix_to_table(matrix))
    found = read_matrix(tmp_path / "labels.parquet", ["z", "a"], VOCABULARY)
    assert found.states.tolist() == [[0, 0, 0], [1, 0, -1]]


def test_a_label_outside_the_vocabulary_is_named():
    matrix = LabelMatrix(("a",), VOCABULARY, np.ones((1, 3), np.int8))
    with pytest.raises(ArtefactError, match="'cow'"):
        table_to_matrix(matrix_to_table(matrix), ["a"], Vocabulary(("cat", "dog")))


@pytest.mark.parametrize("names", [(), ("cat", " "), ("cat", "cat")])
def test_a_vocabulary_refuses_no_empty_and_double_names(names):
    with pytest.raises(InputError):
        Vocabulary(names)


def test_a_matrix_refuses_other_values_and_shapes():
    with pytest.raises(ValueError, match="-1, 0 and"):
        LabelMatrix(("a",), VOCABULARY, np.full((1, 3), 2, np.int8))
    with pytest.raises(ValueError, match="shape"):
        LabelMatrix(("a", "b"), VOCABULARY, np.zeros((1, 3), np.int8))
