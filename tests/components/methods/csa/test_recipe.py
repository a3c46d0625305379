from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch
from torch.optim.swa_utils import AveragedModel

from components.methods.csa.contextual_start import ContextualStart
from components.methods.csa.recipe import contexts_of, followed
from components.methods.csa.settings import CSASettings
from components.metrics.ranking import average_precision
from components.models.heads.catalog import head_class
from components.models.heads.linear import LinearHead
from components.models.images import images_of
from components.training.checkpoint import FitState
from components.training.inference import head_logits
from tests.components.methods.csa.csa_world import (
    IMAGES,
    LABELS,
    PLAIN,
    REGIONS,
    SCHEDULE,
    batch_of,
    fitted,
    learner_of,
    started,
    world,
)
from tests.reference.finite_differences import assert_slopes


def test_it_learns_what_the_cells_say():
    task, truth = world(images=100, labelled=50)
    settings = CSASettings(warm_up_epochs=1)
    found = fitted(settings, task, replace(SCHEDULE, epochs=5), seed=0)
    assert found.best_score > found.history[0]["holdout_mAP"]
    logits = head_logits(found.head, task.views[0], task.regions[0])
    assert np.nanmean(average_precision(logits, truth == 1)) == pytest.approx(found.best_score)


@pytest.mark.parametrize("keep", ["teacher", "student"])
def test_a_resumed_fit_gives_the_same_head(tmp_path, keep):
    task, _ = world()
    settings = CSASettings(warm_up_epochs=1, keep=keep)
    kept = []

    def keep_state(state):
        state.save(tmp_path / str(state.epoch), "f")
        kept.append(state.epoch)

    whole = fitted(settings, task, SCHEDULE, seed=1, on_checkpoint=keep_state)
    for epoch in kept[:-1]:
        again = fitted(
            settings,
            task,
            SCHEDULE,
            seed=1,
            state=FitState.load(tmp_path / str(epoch), "f"),
        )
        assert again.history == whole.history
        for name, value in whole.head.state_dict().items():
            assert torch.equal(value, again.head.state_dict()[name]), name


def test_the_order_of_labels_does_not_matter():
    task, truth = world()
    order = np.random.default_rng(1).permutation(LABELS)
    turned = replace(
        task,
        states=task.states[:, order],
        names=replace(task.names, vectors=task.names.vectors[order]),
        holdout=replace(task.holdout, states=truth[:, order]),
    )
    settings = CSASettings(warm_up_epochs=1, num_groups=2)
    plain, other = (fitted(settings, each, SCHEDULE, seed=0) for each in (task, turned))
    a = head_logits(plain.head, task.views[0], task.regions[0])
    b = head_logits(other.head, task.views[0], task.regions[0])
    # Groups may be numbered otherwise, so that their readers start from other random weights.
    assert np.abs(a[:, order] - b).mean() < 0.1 * a.std()
    start = [learner_of(settings, each) for each in (task, turned)]
    a, b = (head_logits(each.head(), task.views[0], task.regions[0]) for each in start)
    np.testing.assert_allclose(a[:, order], b, atol=1e-4)


@pytest.mark.parametrize("whole", [True, False])
def test_a_folded_head_reads_raw_images_alike_and_can_be_loaded(whole):
    task, _ = world()
    settings = CSASettings(num_groups=2)
    begun = ContextualStart.of(task, contexts_of(settings, task), hidden=4, whole=whole)
    torch.nn.init.normal_(begun.head.contexts.up.weight)
    begun.head.feedback.fill_(0.5)
    raw = begun.space.folded(begun.head).eval()
    images = batch_of(task, 0).images
    with torch.no_grad():
        expected = begun.head(begun.space(images))
        torch.testing.assert_close(raw(images), expected, atol=1e-4, rtol=1e-4)
        again = head_class(raw.kind).empty(**raw.settings())
        again.load_state_dict(raw.state_dict())
        torch.testing.assert_close(again(images), raw(images))
        assert again.region_scores(images.required_regions()[0], 1).shape == (REGIONS,)


def test_labels_do_not_teach_contexts():
    task, _ = world()
    learner = learner_of(CSASettings(num_groups=2), task)
    learner.student.feedback.fill_(1.0)
    learner.student(learner.space(batch_of(task, 0).images)).sum().backward()
    assert all(each.grad is None for each in learner.student.contexts.parameters())


@pytest.mark.parametrize("policy", ["cap", "f_beta"])
@pytest.mark.parametrize("weighting", ["uniform", "confidence", "calibrated"])
@pytest.mark.parametrize("known", ["none", "positives", "one", "all", "negatives"])
def test_any_label_situation_gives_finite_steps(policy, weighting, known):
    task, truth = world()
    states = {
        "none": np.zeros_like(truth),
        "positives": np.maximum(truth, 0),
        "one": np.where(np.arange(IMAGES)[:, None] == 3, truth, 0).astype(np.int8),
        "all": truth,
        "negatives": np.minimum(truth, 0),
    }[known]
    settings = CSASettings(policy=policy, weighting=weighting, warm_up_epochs=0)
    learner = started(settings, replace(task, states=states))
    loss = learner(batch_of(replace(task, states=states), 0))
    loss.backward()
    learner.after_step()
    assert torch.isfinite(loss)
    for parameter in learner.student.parameters():
        assert parameter.grad is None or torch.isfinite(parameter.grad).all()


@pytest.mark.parametrize(("num_labels", "images"), [(1, 10), (2, 10), (1, 1), (3, 1)])
def test_one_label_or_one_image_is_enough(num_labels, images):
    task, _ = world(num_labels=num_labels, images=images, labelled=images)
    settings = CSASettings(warm_up_epochs=0)
    found = fitted(settings, task, replace(SCHEDULE, epochs=1), seed=0)
    logits = head_logits(found.head, task.views[0], task.regions[0])
    assert np.isfinite(logits).all()


@pytest.mark.parametrize("wrong", [{"noise": -1.0}, {"decay": 1.0}, {"region_dropout": -0.1}])
def test_settings_out_of_range_are_refused(wrong):
    with pytest.raises(ValueError, match="must be"):
        CSASettings(**wrong)


def test_the_teacher_follows_the_student_slowly_and_is_never_trained():
    student = LinearHead.of(np.zeros((2, 3), np.float32))
    teacher = AveragedModel(student, avg_fn=partial(followed, decay=0.9)).requires_grad_(False)
    teacher.update_parameters(student)
    with torch.no_grad():
        student.weight.fill_(1.0)
    expected = 0.0
    for count in range(1, 40):
        teacher.update_parameters(student)
        kept = min(0.9, (1 + count) / (10 + count))
        expected = kept * expected + (1 - kept)
    assert float(teacher.module.state_dict()["weight"][0, 0]) == pytest.approx(expected, rel=1e-5)
    assert not any(each.requires_grad for each in teacher.parameters())


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
        images=replace(
            images,
            vectors=images.vectors.double(),
            regions=images.required_regions().double(),
        ),
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
