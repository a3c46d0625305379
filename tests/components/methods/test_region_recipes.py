from dataclasses import replace

import numpy as np
import pytest
import torch

from components.errors import InputError
from components.models.heads.region_query import RegionQuery
from components.models.heads.summed import SummedHead
from components.training.checkpoint import FitState
from components.training.inference import head_logits, holdout_score
from components.training.loop import fit
from components.training.task import Names
from tests.components.methods.making import recipe_of
from tests.components.methods.region_world import SCHEDULE, region_task

RECIPES = [recipe_of("trm_ml"), recipe_of("efuda")]
by_name = pytest.mark.parametrize("recipe", RECIPES, ids=lambda each: each.name)


def assert_same(one, other):
    for name, value in one.state_dict().items():
        assert torch.equal(value, other.state_dict()[name]), name


@by_name
def test_learning_improves_on_the_start(recipe):
    task = region_task()
    result = fit(recipe, task, SCHEDULE, seed=0)
    assert isinstance(result.head, RegionQuery if recipe.name == "trm_ml" else SummedHead)
    assert result.best_score > result.history[0]["holdout_mAP"] + 0.03
    logits = head_logits(result.head, task.holdout.vectors, task.holdout.regions)
    assert holdout_score(logits, task.holdout) == pytest.approx(result.best_score, abs=1e-5)


@by_name
def test_a_killed_and_resumed_fit_ends_with_the_same_head(tmp_path, recipe):
    task = region_task()
    whole = fit(recipe, task, SCHEDULE, seed=3)

    class KilledError(Exception):
        pass

    def keep_then_die(state):
        state.save(tmp_path / "state", "print")
        if state.epoch == 4:
            raise KilledError

    with pytest.raises(KilledError):
        fit(recipe, task, SCHEDULE, seed=3, on_checkpoint=keep_then_die)
    state = FitState.load(tmp_path / "state", "print")
    resumed = fit(recipe, task, SCHEDULE, seed=3, state=state)
    assert resumed.history == whole.history
    assert_same(resumed.head, whole.head)


@pytest.mark.parametrize(
    "recipe", [recipe_of("trm_ml"), recipe_of("csa")], ids=lambda each: each.name
)
def test_recipes_of_regions_ask_for_them(recipe):
    task = region_task()
    for poorer in (
        replace(task, regions=()),
        replace(task, holdout=replace(task.holdout, regions=None)),
    ):
        with pytest.raises(InputError, match=r"embed\.regions"):
            fit(recipe, poorer, SCHEDULE, seed=0)


def nothing_known(task):
    return replace(task, states=np.zeros_like(task.states))


def one_class(task):
    holdout = replace(task.holdout, states=task.holdout.states[:, :1])
    names = Names(vectors=task.names.vectors[:1], temperature=task.names.temperature)
    return replace(task, states=task.states[:, :1], holdout=holdout, names=names)


def one_image(task):
    return replace(
        task,
        views=task.views[:, :1],
        states=np.array([[1, -1, 0, 0, 0]], np.int8),
        regions=tuple(each[:1] for each in task.regions),
    )


@by_name
@pytest.mark.parametrize("poorer", [nothing_known, one_class, one_image])
def test_poor_data_train_without_a_fault(recipe, poorer):
    task = poorer(region_task())
    result = fit(recipe, task, replace(SCHEDULE, epochs=3), seed=0)
    for name, value in result.head.state_dict().items():
        assert torch.isfinite(value).all(), name
    assert all(np.isfinite(epoch["loss"]) for epoch in result.history)
