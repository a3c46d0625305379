from dataclasses import replace

import numpy as np
import pytest
import torch

from components.models.images import images_of
from components.training.inference import head_logits
from tests.components.methods.csa.csa_world import (
    IMAGES,
    LABELS,
    PLAIN,
    batch_of,
    started,
    world,
)
from tests.reference.finite_differences import assert_slopes


def slow_asymmetric(logit, present, settings):
    chance = 1 / (1 + np.exp(-logit))
    if present:
        return -((1 - chance) ** settings.gamma_positive) * np.log(chance)
    shifted = max(chance - settings.clip, 0.0)
    return -(shifted**settings.gamma_negative) * np.log(1 - shifted)


def test_the_loss_is_the_sum_of_its_equations():
    task, _ = world()
    settings = replace(PLAIN, weighting="confidence", unknown_weight=0.7)
    learner = started(settings, task)
    logits = head_logits(learner.head(), task.views[0], task.regions[0]).astype(np.float64)
    chance = 1 / (1 + np.exp(-logits))
    thresholds = learner.thresholds.numpy()
    known, pseudo = [], []
    for row in range(IMAGES):
        for k in range(LABELS):
            state = task.states[row, k]
            if state:
                known.append(slow_asymmetric(logits[row, k], state == 1, settings))
            else:
                present = chance[row, k] >= thresholds[k]
                weight = abs(2 * chance[row, k] - 1)
                pseudo.append(weight * slow_asymmetric(logits[row, k], present, settings))
    expected = np.mean(known) + 0.7 * np.mean(pseudo)
    assert float(learner(batch_of(task, 0)).detach()) == pytest.approx(expected, rel=1e-3)


def test_contexts_cost_their_cross_entropy():
    task, _ = world()
    without = started(PLAIN, task)
    settings = replace(PLAIN, context_weight=0.5, num_groups=2, estimation_share=0.0)
    learner = started(settings, task)
    batch = batch_of(task, 0)
    with torch.no_grad():
        found = float(learner(batch) - without(batch))
        contexts = learner.student.contexts(learner.space(batch.images).vectors).numpy()
    logits = head_logits(without.head(), task.views[0], task.regions[0])
    groups = learner.student.contexts.groups.numpy()
    known, others = [], []
    for row in range(IMAGES):
        for group in range(2):
            absent = 1.0
            for k in np.flatnonzero(groups == group):
                state = task.states[row, k]
                absent *= 1 - (float(state == 1) if state else 1 / (1 + np.exp(-logits[row, k])))
            chance = 1 / (1 + np.exp(-contexts[row, group]))
            cost = -(1 - absent) * np.log(chance) - absent * np.log(1 - chance)
            (known if task.states[row].all() else others).append(cost)
    assert found == pytest.approx(0.5 * (np.mean(known) + np.mean(others)), rel=1e-3)


def test_gradients_agree_with_finite_differences():
    task, _ = world(images=12, labelled=6)
    settings = replace(PLAIN, context_weight=0.5, gamma_negative=2.0, num_groups=2)
    learner = started(settings, task).double()
    batch = batch_of(task, 0)
    images = images_of(batch.images.vectors.numpy(), batch.images.required_regions().numpy())
    batch = replace(
        batch,
        images=replace(images, vectors=images.vectors.double(), regions=images.regions.double()),
    )
    learner(batch).backward()
    assert_slopes(learner.named_parameters(), lambda: learner(batch), tolerance=1e-6)


def test_a_pseudo_label_without_weight_adds_no_gradient():
    task, _ = world()
    learner = started(replace(PLAIN, weighting="calibrated"), task)
    learner.thresholds.fill_(2.0)
    learner.curve.chances.fill_(
        1.0
    )  # so that absence, which is all that is proposed, is never right
    learner.curve.fitted.fill_(True)
    learner(batch_of(task, 0, rows=np.arange(30, 60))).backward()
    for parameter in learner.student.parameters():
        assert parameter.grad is None or not parameter.grad.any()


def test_known_cells_are_never_pseudo_labels():
    task, truth = world()
    full = replace(task, states=truth)
    learner = started(PLAIN, full)
    with_pseudo = float(learner(batch_of(full, 0)).detach())
    learner.settings = replace(PLAIN, unknown_weight=0.0)
    assert float(learner(batch_of(full, 0)).detach()) == with_pseudo


def test_images_kept_apart_teach_nothing():
    task, _ = world()
    settings = replace(PLAIN, weighting="calibrated")
    learner = started(settings, task)
    apart = np.flatnonzero(learner.estimation.numpy())
    assert len(apart) == 6
    assert (task.states[apart] != 0).all()
    learner(batch_of(task, 0, rows=apart)).backward()
    for parameter in learner.student.parameters():
        assert parameter.grad is None or not parameter.grad.any()
