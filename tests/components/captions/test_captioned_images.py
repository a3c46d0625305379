import numpy as np
import pytest

from benchmarks.attribute_world import world
from components.captions.captioned_images import captioned_images, tag_list, with_labels
from components.errors import InputError


def test_labels_join_the_objects_once():
    texts = np.eye(4, dtype=np.float32)
    tags = np.array([[0, 1, 0], [1, 0, 1]])
    states = np.array([[1, 0], [0, -1]], np.int8)
    joined = with_labels(tag_list(tags, texts[[2, 1, 3]]), texts[:2], states)
    np.testing.assert_array_equal(joined.vectors, texts)
    np.testing.assert_array_equal(joined.matrix.dense([0, 1]), [[1, 1, 0, 0], [0, 0, 1, 1]])


def test_lists_of_different_images_are_refused():
    data = world(5, seed=0)
    with pytest.raises(InputError, match="one training set"):
        captioned_images(
            5,
            (np.arange(5), data.captions),
            (data.things[:4], data.thing_texts),
            (data.colours, data.colour_texts),
        )
    with pytest.raises(InputError, match="one vector"):
        tag_list(data.things, data.thing_texts[:2])
    with pytest.raises(InputError, match="outside"):
        captioned_images(
            5,
            (np.arange(1, 6), data.captions),
            (data.things, data.thing_texts),
            (data.colours, data.colour_texts),
        )
