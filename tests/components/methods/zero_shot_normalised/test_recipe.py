import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.methods.zero_shot_normalised.settings import ZeroShotNormalisedSettings
from components.training.inference import head_logits
from tests.components.methods.untrained import drawn_task, head_of, logits_of, with_names


def reference(train, images, names):
    """SPARC's two steps written out cell by cell, in double precision."""

    def rows(vectors):
        found = []
        for vector in vectors.astype(np.float64):
            cosines = [float(vector @ name) for name in names.astype(np.float64)]
            found.append([(one - np.mean(cosines)) / np.std(cosines) for one in cosines])
        return np.array(found)

    seen, asked = rows(train), rows(images)
    columns = range(len(names))
    return np.stack(
        [(asked[:, k] - np.mean(seen[:, k])) / np.std(seen[:, k]) for k in columns], axis=1
    )


@given(seed=st.integers(0, 10_000), images=st.integers(2, 30), names=st.integers(10, 14))
@settings(max_examples=25, deadline=None)
def test_it_is_two_z_scores_one_after_the_other(seed, images, names):
    task = drawn_task(seed, images=images, names=names)
    expected = reference(task.views[0], task.holdout.vectors, task.names.vectors)
    found = logits_of(head_of("zero_shot_normalised", task), task)
    np.testing.assert_allclose(found, expected, rtol=2e-3, atol=2e-3)


def test_training_images_have_mean_0_and_deviation_1():
    task = drawn_task(3, images=50, names=12)
    found = head_logits(head_of("zero_shot_normalised", task), task.views[0], None)
    np.testing.assert_allclose(found.mean(axis=0), 0, atol=1e-4)
    np.testing.assert_allclose(found.std(axis=0), 1, atol=1e-4)


@pytest.mark.parametrize("count", [1, 2, 9])
def test_few_names_are_not_compared_with_each_other(count):
    task = with_names(drawn_task(4, images=30, names=12), count)
    plain = logits_of(head_of("zero_shot", task), task)
    found = logits_of(head_of("zero_shot_normalised", task), task)
    np.testing.assert_array_equal(found.argsort(axis=0), plain.argsort(axis=0))
    if count == 9:
        asked = logits_of(head_of("zero_shot_normalised", task, min_names=9), task)
        assert (asked.argsort(axis=0) != plain.argsort(axis=0)).any()


def test_names_are_compared_from_three_on():
    with pytest.raises(ValueError, match="min_names must be at least 3"):
        ZeroShotNormalisedSettings(min_names=2)
