from dataclasses import replace
from types import SimpleNamespace
from typing import cast

import numpy as np

from components.methods.catalog import METHODS
from components.training.cross_fit import fold_of, part_fits
from components.training.inference import head_logits
from components.training.loop import FitResult, fit
from components.training.settings import Schedule
from components.training.task import Task
from tests.components.methods.region_world import region_task
from tests.components.methods.untrained import head_of

SHORT = Schedule(epochs=2, batch_size=16, learning_rate=0.01)
NAME = "assume_negative"
RECIPE = METHODS[NAME].recipe(METHODS[NAME].settings())


def learn(_number: int, task: Task) -> FitResult:
    return fit(RECIPE, task, SHORT, seed=0)


def test_every_image_is_left_out_once_by_training_and_by_choosing() -> None:
    task = region_task()
    fold = np.arange(len(task.states)) % 3
    others = np.arange(len(task.holdout.states)) % 3
    seen: list[Task] = []

    def spy(_number: int, task: Task) -> FitResult:
        seen.append(task)
        return cast(FitResult, SimpleNamespace(head=head_of("zero_shot", task)))

    parts = list(part_fits(task, spy, fold, others))
    assert [part.number for part in parts] == [0, 1, 2]
    for part, learned in zip(parts, seen, strict=True):
        np.testing.assert_array_equal(learned.states, task.states[fold != part.number])
        chooses = learned.holdout
        np.testing.assert_array_equal(chooses.states, task.holdout.states[others != part.number])
        np.testing.assert_array_equal(chooses.vectors, task.holdout.vectors[others != part.number])
        assert chooses.rule == task.holdout.rule
    rows = np.concatenate([part.rows for part in parts])
    assert sorted(rows.tolist()) == list(range(len(fold)))
    left_out = np.concatenate([part.holdout_rows for part in parts])
    assert sorted(left_out.tolist()) == list(range(len(others)))


def test_what_an_image_says_of_itself_does_not_reach_its_own_score() -> None:
    task = region_task()
    fold = np.arange(len(task.states)) % 2

    def scores(states: np.ndarray) -> np.ndarray:
        result = np.empty(states.shape)
        for part in part_fits(replace(task, states=states), learn, fold):
            asked = task.of_rows(part.rows)
            result[part.rows] = head_logits(part.head, asked.views[0], None)
        return result

    changed = task.states.copy()
    changed[fold == 1] = -changed[fold == 1]
    before, after = scores(task.states), scores(changed)
    np.testing.assert_array_equal(before[fold == 1], after[fold == 1])
    assert (before[fold == 0] != after[fold == 0]).any()


def test_where_a_part_holds_every_positive_all_of_the_holdout_chooses() -> None:
    task = region_task()
    others = np.zeros(len(task.holdout.states), np.int64)
    seen: list[Task] = []

    def spy(_number: int, task: Task) -> FitResult:
        seen.append(task)
        return cast(FitResult, SimpleNamespace(head=head_of("zero_shot", task)))

    list(part_fits(task, spy, np.zeros(len(task.states), np.int64), others))
    assert seen[0].holdout is task.holdout


def test_parts_follow_from_the_picture_alone() -> None:
    assert [fold_of(f"{number}", 3) for number in range(6)] == [
        fold_of(f"{number}", 3) for number in range(6)
    ]
    assert {fold_of(f"{number}", 3) for number in range(40)} == {0, 1, 2}
