import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from components.proposing.ranks import ranks_in_label


@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from([0.5, 0.6, 0.7])), max_size=20))
def test_against_counting(cells):
    columns = np.array([column for column, _ in cells], np.int64)
    scores = np.array([score for _, score in cells], np.float32)
    expected = [
        1
        + sum(
            other == column and (value > score or (value == score and before < place))
            for before, (other, value) in enumerate(cells)
        )
        for place, (column, score) in enumerate(cells)
    ]
    assert ranks_in_label(columns, scores).tolist() == expected
