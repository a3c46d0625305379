from dataclasses import replace
from types import SimpleNamespace
from typing import cast

import numpy as np

from components.methods.catalog import METHODS
from components.training.loop import FitResult, fit
from components.training.settings import Schedule
from components.training.task import Task
from pipelines.train.cross_fitting import cross_fitted_scores, is_worth_it
from project.cross_fitted import THIN_HOLDOUT
from project.learning_task import ProjectTask
from tests.components.methods.region_world import region_task

RECIPE = METHODS["assume_negative"].recipe(METHODS["assume_negative"].settings())
SHORT = Schedule(epochs=1, batch_size=32, learning_rate=0.01)


def project_of(task: Task) -> ProjectTask:
    """As much of a project as cross-fitting asks for."""
    return cast(
        ProjectTask,
        SimpleNamespace(
            task=task,
            content_hashes=tuple(f"t{row}" for row in range(len(task.states))),
            holdout_hashes=tuple(f"v{row}" for row in range(len(task.holdout.states))),
        ),
    )


def test_labelled_images_and_the_holdout_get_scores_of_their_own() -> None:
    task = region_task()
    states = task.states.copy()
    states[3] = 0
    project = project_of(replace(task, states=states))

    def train(_part: int, others: Task) -> FitResult:
        return fit(RECIPE, others, SHORT, seed=0)

    found = cross_fitted_scores(project, train, "fingerprint")
    assert found.holdout == project.holdout_hashes
    assert "t3" not in found.training
    labelled = (states != 0).any(axis=1)
    assert len(found.training) == len(found.states) == labelled.sum()
    assert np.isfinite(found.training_logits).all()
    assert (np.ptp(found.holdout_logits, axis=0) > 0).all()
    np.testing.assert_array_equal(found.states, states[labelled])


def test_only_a_thin_holdout_that_tells_something_is_worth_it() -> None:
    task = region_task()
    assert is_worth_it(project_of(task))
    nothing = replace(task.holdout, states=np.zeros_like(task.holdout.states))
    assert not is_worth_it(project_of(replace(task, holdout=nothing)))
    rows = np.arange(THIN_HOLDOUT) % len(task.holdout.states)
    thick = replace(
        task.holdout, vectors=task.holdout.vectors[rows], states=task.holdout.states[rows]
    )
    assert not is_worth_it(project_of(replace(task, holdout=thick)))


def test_one_labelled_image_cannot_be_left_out() -> None:
    task = region_task()
    states = np.zeros_like(task.states)
    states[0, 0] = 1
    assert not is_worth_it(project_of(replace(task, states=states)))
