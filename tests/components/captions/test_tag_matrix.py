from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.captions.tag_matrix import TagMatrix, tag_matrix
from components.captions.tag_vocabulary import TagLimits, build_tag_vocabulary
from components.captions.tags import CaptionTags, Mention
from components.errors import InputError


def caption(*objects, parser="p"):
    mentions = tuple(
        Mention(
            name,
            "object",
            None,
            tuple(" ".join(name.split()[i:]) for i in (1, 2) if name.split()[i:]),
        )
        for name in objects
    )
    return CaptionTags(text="", parser=parser, objects=mentions)


NAMES = st.lists(st.lists(st.sampled_from("abcdefg"), max_size=5), min_size=1, max_size=12)


@given(NAMES, st.integers(1, 3))
def test_counts_and_rows_agree_with_plain_counting(rows, min_count):
    parses = [caption(*row) for row in rows]
    plain = Counter(name for row in rows for name in set(row))
    kept = {name: n for name, n in plain.items() if n >= min_count}
    limits = TagLimits(min_count=min_count)
    if not kept:
        with pytest.raises(InputError):
            build_tag_vocabulary(parses, "object", limits)
        return
    found = build_tag_vocabulary(parses, "object", limits)
    assert dict(zip(found.names, found.counts, strict=True)) == kept
    dense = tag_matrix([[p] for p in parses], found).dense(range(len(parses)))
    expected = np.array([[name in row for name in found.names] for row in rows], np.float32)
    np.testing.assert_array_equal(dense, expected)


def test_an_image_has_the_tags_of_all_its_captions():
    parses = [caption("a"), caption("b"), caption("c")]
    found = build_tag_vocabulary(parses, "object", TagLimits(min_count=1))
    matrix = tag_matrix([parses[:2], [], parses[2:]], found)
    np.testing.assert_array_equal(matrix.dense([0, 1, 2]), [[1, 1, 0], [0, 0, 0], [0, 0, 1]])


def test_arrays_that_do_not_fit_are_refused():
    with pytest.raises(InputError):
        TagMatrix(np.array([0, 2]), np.array([0], np.int32), 3)
    with pytest.raises(InputError):
        TagMatrix(np.array([0, 1]), np.array([3], np.int32), 3)
