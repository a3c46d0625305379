from dataclasses import replace

import numpy as np
import pytest
import torch

from components.labels.states import UNKNOWN
from components.methods.efuda.recipe import loss as efuda_loss
from components.methods.efuda.settings import EfudaSettings
from components.models.heads.linear import LinearHead
from components.models.heads.summed import SummedHead
from components.training.loop import fit
from components.training.two_readings import TwoReadingsLearner
from tests.components.methods.making import recipe_of
from tests.components.methods.region_world import SCHEDULE, region_task


def test_efuda_without_regions_is_a_linear_head():
    task = region_task()
    plain = replace(task, regions=())
    for holdout in (task.holdout, replace(task.holdout, regions=None)):
        given = replace(plain, holdout=holdout)
        result = fit(recipe_of("efuda"), given, SCHEDULE, seed=0)
        assert isinstance(result.head, LinearHead)
        assert result.best_score > result.history[0]["holdout_mAP"]


def test_known_absences_are_seen_label_by_label():
    """Silence teaches about the one label that nobody ever called absent."""
    task = region_task()
    states = task.states.copy()
    states[:, 2] = np.maximum(states[:, 2], 0)
    learner = recipe_of("efuda").build(replace(task, states=states))
    assert isinstance(learner, TwoReadingsLearner)
    logits = torch.zeros(1, 5, requires_grad=True)
    learner.loss(logits, torch.full((1, 5), UNKNOWN, dtype=torch.int8)).backward()
    assert logits.grad is not None
    assert (logits.grad != 0).tolist() == [[False, False, True, False, False]]


def test_a_strong_pull_holds_only_the_labels_with_few_positives():
    task = region_task()
    states = task.states.copy()
    states[:, 2] = np.minimum(states[:, 2], 0)
    learned = replace(task, states=states)
    weights = []
    for epochs in (0, 5):
        schedule = replace(SCHEDULE, epochs=epochs)
        head = fit(recipe_of("efuda", pull=200.0), learned, schedule, seed=0).head
        assert isinstance(head, SummedHead)
        weights.append(head.whole.weight)
    moved = (weights[1] - weights[0]).norm(dim=1)
    assert int(moved.argmin()) == 2


def efuda_batch():
    random = np.random.default_rng(0)
    states = torch.tensor([[1, 0, -1], [0, 0, 1]], dtype=torch.int8)
    logits = torch.from_numpy(random.normal(size=(2, 3))).requires_grad_()
    return logits, states, torch.tensor([1.0, 1.0, 0.0], dtype=torch.float64)


def test_efuda_counts_silence_a_little_where_nobody_said_no():
    logits = torch.zeros(2, 2)
    states = torch.tensor([[1, 0], [0, -1]], dtype=torch.int8)
    logits[0, 0], logits[1, 0] = 2.0, 1.0
    found = efuda_loss(
        EfudaSettings(unknown_weight=0.25), logits, states, never_absent=torch.tensor([1.0, 0.0])
    )
    present, silent, absent = np.log1p(np.exp(-2.0)), np.log1p(np.exp(1.0)), np.log(2.0)
    assert float(found) == pytest.approx((present + 0.25 * silent + absent) / 2.25)


def test_efuda_gradients_agree_with_finite_differences():
    logits, states, never_absent = efuda_batch()
    assert torch.autograd.gradcheck(
        lambda x: efuda_loss(EfudaSettings(), x, states, never_absent=never_absent), (logits,)
    )


def test_unknown_cells_of_labels_with_a_known_absence_teach_nothing():
    logits, states, never_absent = efuda_batch()
    states[0, 2] = 0
    efuda_loss(EfudaSettings(), logits, states, never_absent=never_absent).backward()
    assert (logits.grad != 0).tolist() == [[True, True, False], [True, True, True]]


def test_an_unknown_weight_of_zero_ignores_silence():
    logits, states, never_absent = efuda_batch()
    efuda_loss(
        EfudaSettings(unknown_weight=0.0), logits, states, never_absent=never_absent
    ).backward()
    assert torch.equal(logits.grad != 0, states != 0)
    nothing = torch.zeros_like(states)
    assert (
        float(
            efuda_loss(
                EfudaSettings(unknown_weight=0.0),
                logits.detach(),
                nothing,
                never_absent=never_absent,
            )
        )
        == 0
    )
