from dataclasses import replace

import numpy as np
import pytest

from components.training.task import SomeRows
from tests.components.methods.region_world import LABELS, region_task


def test_some_rows_keep_views_states_and_regions_together() -> None:
    task = region_task()
    rows = np.array([7, 2, 5])
    part = task.of_rows(rows)
    np.testing.assert_array_equal(part.views, task.views[:, rows])
    np.testing.assert_array_equal(part.states, task.states[rows])
    assert part.regions[0].shape == (3, *task.regions[0].shape[1:])
    np.testing.assert_array_equal(
        part.regions[0][np.array([2, 0])], task.regions[0][np.array([5, 7])]
    )
    assert part.holdout is task.holdout


def test_rows_of_rows_are_rows_of_the_whole() -> None:
    whole = np.arange(24, dtype=np.float32).reshape(6, 2, 2)
    twice = SomeRows(SomeRows(whole, [5, 3, 1]), [2, 0])
    np.testing.assert_array_equal(twice[np.array([0, 1])], whole[[1, 5]])


def test_an_image_is_known_by_any_of_its_cells() -> None:
    task = region_task()
    states = np.zeros_like(task.states)
    states[3, LABELS - 1] = -1
    assert np.flatnonzero(replace(task, states=states).known_rows).tolist() == [3]


def test_zero_shot_is_the_mean_cosine_of_the_views_over_the_temperature() -> None:
    task = region_task()
    views = np.stack([task.views[0], -task.views[0]])
    assert np.abs(replace(task, views=views).zero_shot_logits()).max() < 1e-5
    expected = task.views[0] @ task.names.vectors.T / task.names.temperature
    np.testing.assert_allclose(task.zero_shot_logits(), expected, rtol=1e-5, atol=1e-5)


def test_regions_of_fewer_views_are_refused() -> None:
    task = region_task()
    with pytest.raises(ValueError, match="regions of 1 views for 2 views"):
        replace(task, regions=task.regions[:1])
