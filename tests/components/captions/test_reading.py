import numpy as np
import pytest

from components.captions.class_words import label_words
from components.captions.reading import (
    frequent_tags,
    legibility,
    parse_captions,
    said_states,
)
from components.captions.rule_parser import RuleParser
from components.captions.tag_vocabulary import TagLimits
from components.errors import InputError
from components.labels.vocabulary import Vocabulary

LABELS = Vocabulary(("person", "man", "Hot_dog", "dog"))
CAPTIONS = (("A woman with a hot dog.", "A red table."), ("A man without a dog.",), ())


@pytest.fixture(scope="module")
def parses():
    words = label_words(LABELS)
    return parse_captions(RuleParser(words.phrases), CAPTIONS)


def test_a_label_is_present_where_it_is_named_and_never_absent(parses):
    states = said_states(parses, label_words(LABELS), LABELS)
    # A woman is a person, but a man is the label of that name; the dog is denied.
    np.testing.assert_array_equal(states, [[1, 0, 1, 0], [0, 1, 0, 0], [0, 0, 0, 0]])


def test_tags_are_those_that_are_frequent_enough(parses):
    names, matrix = frequent_tags(parses, "attribute", TagLimits(min_count=1))
    assert names == ("red",)
    np.testing.assert_array_equal(matrix.dense([0, 1, 2]), [[1], [0], [0]])
    names, matrix = frequent_tags(parses, "attribute", TagLimits(min_count=2))
    assert (names, len(matrix), matrix.num_tags) == ((), 3, 0)


def test_what_cannot_be_read_is_counted_and_nothing_at_all_is_refused(parses):
    assert legibility(parses).num_unread == 0
    foreign = parse_captions(RuleParser(), [["Ein Hund mit einem Ball.", "A dog."], ["Le chat."]])
    found = legibility(foreign)
    assert found.unread == {"not_english": 2}
    found.require_some()
    with pytest.raises(InputError, match="None of the 1 captions can be read"):
        legibility(foreign[1:]).require_some()
