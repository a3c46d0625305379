from dataclasses import replace

import numpy as np
import pytest
import torch

from components.methods.csa.contextual_start import ContextualStart
from components.methods.csa.recipe import contexts_of
from components.methods.csa.settings import CSASettings
from components.metrics.ranking import average_precision
from components.models.heads.catalog import head_class
from components.models.images import images_of
from components.training.checkpoint import FitState
from components.training.inference import head_logits
from tests.components.methods.csa.csa_world import (
    IMAGES,
    LABELS,
    REGIONS,
    SCHEDULE,
    batch_of,
    fitted,
    learner_of,
    started,
    world,
)


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
    images = images_of(task.views[0], task.regions[0])
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
