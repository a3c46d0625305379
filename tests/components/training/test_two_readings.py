from dataclasses import replace

import numpy as np
import pytest
import torch

from components.methods.ignore_unknown.recipe import loss
from components.models.heads.linear import LinearHead
from components.models.heads.summed import SummedHead
from components.training.inference import head_logits
from components.training.two_readings import TwoReadingsLearner
from tests.components.methods.region_world import region_task


def test_the_start_ranks_as_both_standardised_scores_added():
    """With one region, the best of them is it."""
    task = region_task()
    regions = np.asarray(task.regions[0][np.arange(len(task.states))])[:, :1]
    one = replace(
        task,
        regions=(regions,) * len(task.views),
        holdout=replace(task.holdout, regions=regions[: len(task.holdout.states)]),
    )
    head = TwoReadingsLearner(one, loss, averaging=0.9).head()
    assert isinstance(head, SummedHead)
    found = head_logits(head, one.views[0], regions)
    names = one.names.vectors
    scores = [one.views[0] @ names.T, np.asarray(regions[:, 0], np.float32) @ names.T]
    expected = np.sum([(each - each.mean(axis=0)) / each.std(axis=0) for each in scores], axis=0)
    for label in range(len(names)):
        assert np.corrcoef(found[:, label], expected[:, label])[0, 1] == pytest.approx(1, abs=1e-4)


def test_without_regions_there_is_one_reading():
    task = replace(region_task(), regions=())
    assert isinstance(TwoReadingsLearner(task, loss, averaging=0.9).head(), LinearHead)


def test_a_label_is_pulled_less_the_more_positives_it_has():
    task = region_task()
    states = np.full_like(task.states, -1)
    states[:3, 1] = states[:8, 2] = 1
    states[:9, 3] = 0
    learner = TwoReadingsLearner(replace(task, states=states), loss, averaging=0.9)
    assert learner.pull_factors().tolist() == pytest.approx([1, 1 / 4, 1 / 9, 1, 1])


def test_without_averaging_the_last_step_is_kept():
    task = region_task()
    learner = TwoReadingsLearner(task, loss, averaging=0.0)
    with torch.no_grad():
        learner.readings.whole.bias.add_(1.0)
    before = learner.head()
    learner.after_step()
    assert isinstance(before, SummedHead)
    after = learner.head()
    assert isinstance(after, SummedHead)
    assert torch.allclose(after.whole.bias, before.whole.bias + 1.0)
