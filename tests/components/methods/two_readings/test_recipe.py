import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from components.methods.two_readings.settings import TwoReadingsSettings
from components.training import readings
from tests.components.methods.untrained import drawn_task, head_of, logits_of


def best_of(regions, names):
    """The greatest cosine of any region, image by image and name by name."""
    return np.array([[max(float(r @ n) for r in image) for n in names] for image in regions])


def standardised(seen, asked):
    return (asked - seen.mean(axis=0)) / seen.std(axis=0)


@given(seed=st.integers(0, 10_000), images=st.integers(2, 30), names=st.integers(1, 5))
@settings(max_examples=25, deadline=None)
def test_it_is_the_mean_of_both_readings_in_their_own_deviations(seed, images, names):
    task = drawn_task(seed, images=images, names=names)
    text, held = task.names.vectors.astype(np.float64), task.holdout
    whole = standardised(task.views[0] @ text.T, held.vectors @ text.T)
    best = standardised(best_of(task.regions[0], text), best_of(held.regions, text))
    found = logits_of(head_of("two_readings", task), task)
    np.testing.assert_allclose(found, (whole + best) / 2, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_either_reading_can_be_had_alone(share):
    task = drawn_task(1, images=20, names=3)
    text = task.names.vectors
    alone = best_of(task.holdout.regions, text) if share else task.holdout.vectors @ text.T
    found = logits_of(head_of("two_readings", task, regions=share), task)
    np.testing.assert_array_equal(found.argsort(axis=0), alone.argsort(axis=0))


def test_a_share_is_between_0_and_1():
    with pytest.raises(ValueError, match="regions must be in"):
        TwoReadingsSettings(regions=1.5)


def test_how_many_images_are_read_at_once_changes_nothing(monkeypatch):
    task = drawn_task(2, images=40, names=4)
    whole = logits_of(head_of("two_readings", task), task)
    monkeypatch.setattr(readings, "rows_at_once", lambda *_: 7)
    np.testing.assert_allclose(logits_of(head_of("two_readings", task), task), whole, atol=1e-5)


def test_of_many_images_some_are_looked_at_evenly(monkeypatch):
    monkeypatch.setattr(readings, "IMAGES_LOOKED_AT", 3)
    task = drawn_task(2, images=9, names=4)
    assert readings.rows_looked_at(task).tolist() == [0, 4, 8]


def test_a_region_is_worth_what_it_adds():
    task = drawn_task(5, images=20, names=3)
    head = head_of("two_readings", task)
    regions = np.asarray(task.holdout.regions)[0]
    scores = head.region_scores(torch.from_numpy(regions), 1).numpy()
    assert scores.argmax() == (regions @ task.names.vectors[1]).argmax()
