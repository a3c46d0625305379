from dataclasses import replace

import numpy as np
import torch

from components.labelers.proposals import Proposals
from components.methods.catalog import METHODS
from components.methods.vlpl.recipe import VLPLLearner, attempts, propose
from components.methods.vlpl.settings import VLPLSettings
from components.models.images import images_of
from components.training.learner import Batch
from tests.components.methods.region_world import region_task
from tests.reference.finite_differences import gradient_of


def sharp_task():
    task = region_task()
    return replace(task, names=replace(task.names, temperature=0.02))


def test_only_unknown_cells_are_proposed_for():
    task = sharp_task()
    proposals = np.stack([propose(settings, task).states for settings in attempts(task)])
    assert proposals[0].any()
    assert not proposals[:, task.states != 0].any()


def test_images_with_a_proposal_alone_teach_too():
    task = sharp_task()
    task = replace(task, states=np.zeros_like(task.states))
    settings = VLPLSettings()
    learner = METHODS["vlpl"].recipe(settings).build(task)
    proposed = propose(settings, task).states.any(axis=1)
    assert proposed.any()
    assert np.array_equal(learner.taught_rows(task), proposed)


def batch_of(task):
    rows = np.arange(len(task.states))
    images = images_of(task.views[0], None)
    return Batch(images, torch.from_numpy(task.states), torch.from_numpy(rows), 0, 1)


def test_a_proposal_without_weight_adds_no_gradient():
    task = sharp_task()
    states = np.where(task.states == 0, 1, 0).astype(np.int8)
    scores = np.ones(states.shape, np.float32)
    settings = VLPLSettings(alpha=0.0)
    found = []
    for proposals, weights in (
        (Proposals(states, scores), np.zeros_like(scores)),
        (Proposals(np.zeros_like(states), scores), None),
        (Proposals(states, scores), None),
    ):
        learner = VLPLLearner(settings, task, proposals, weights)
        learner(batch_of(task)).backward()
        found.append(gradient_of(learner.linear.weight).clone())
    torch.testing.assert_close(found[0], found[1])
    assert not torch.equal(found[2], found[1])


def test_a_checkpoint_does_not_hold_the_proposals():
    learner = METHODS["vlpl"].recipe(VLPLSettings()).build(sharp_task())
    assert not any("proposals" in name for name in learner.state_dict())
