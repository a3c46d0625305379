from dataclasses import replace

import numpy as np
import pytest
import torch

from components.methods.csa.contextual_start import ContextualStart
from components.methods.csa.recipe import CSA
from components.metrics.ranking import average_precision
from components.models.heads.catalog import head_class
from components.models.images import images_of
from components.training.inference import head_logits
from components.training.learner import Start
from components.training.loop import fit
from components.training.state import FitState
from tests.components.methods.csa.csa_world import (
    IMAGES,
    LABELS,
    REGIONS,
    SCHEDULE,
    batch_of,
    holdout,
    learner_of,
    started,
    world,
)


def test_it_learns_what_the_cells_say():
    data, truth, names = world(images=100, labelled=50)
    recipe = CSA(warm_up_epochs=1)
    found = fit(recipe, data, holdout(data, truth), names, replace(SCHEDULE, epochs=5), seed=0)
    assert found.best_score > found.history[0]["holdout_mAP"]
    logits = head_logits(found.head, data.views[0], data.regions[0])
    assert np.nanmean(average_precision(logits, truth == 1)) == pytest.approx(found.best_score)


@pytest.mark.parametrize("keep", ["teacher", "student"])
def test_a_resumed_fit_gives_the_same_head(tmp_path, keep):
    data, truth, names = world()
    recipe = CSA(warm_up_epochs=1, keep=keep)
    kept = []

    def keep_state(state):
        state.save(tmp_path / str(state.epoch), "f")
        kept.append(state.epoch)

    whole = fit(
        recipe, data, holdout(data, truth), names, SCHEDULE, seed=1, on_checkpoint=keep_state
    )
    for epoch in kept[:-1]:
        again = fit(
            recipe,
            data,
            holdout(data, truth),
            names,
            SCHEDULE,
            seed=1,
            state=FitState.load(tmp_path / str(epoch), "f"),
        )
        assert again.history == whole.history
        for name, value in whole.head.state_dict().items():
            assert torch.equal(value, again.head.state_dict()[name]), name


def test_the_order_of_labels_does_not_matter():
    data, truth, names = world()
    order = np.random.default_rng(1).permutation(LABELS)
    turned = replace(data, states=data.states[:, order], proposals=data.proposals[:, order])
    turned_names = replace(names, vectors=names.vectors[order])
    recipe = CSA(warm_up_epochs=1, num_groups=2)
    plain = fit(recipe, data, holdout(data, truth), names, SCHEDULE, seed=0)
    other = fit(recipe, turned, holdout(turned, truth[:, order]), turned_names, SCHEDULE, seed=0)
    a = head_logits(plain.head, data.views[0], data.regions[0])
    b = head_logits(other.head, data.views[0], data.regions[0])
    # Groups may be numbered otherwise, so that their readers start from other random weights.
    assert np.abs(a[:, order] - b).mean() < 0.1 * a.std()
    start = [
        learner_of(recipe, each, text) for each, text in ((data, names), (turned, turned_names))
    ]
    a, b = (head_logits(each.head(), data.views[0], data.regions[0]) for each in start)
    np.testing.assert_allclose(a[:, order], b, atol=1e-4)


@pytest.mark.parametrize("whole", [True, False])
def test_a_folded_head_reads_raw_images_alike_and_can_be_loaded(whole):
    data, _, names = world()
    recipe = CSA(num_groups=2)
    begun = ContextualStart.of(
        Start(data, names), recipe.contexts(Start(data, names)), hidden=4, whole=whole
    )
    torch.nn.init.normal_(begun.head.contexts.up.weight)
    begun.head.feedback.fill_(0.5)
    raw = begun.space.folded(begun.head).eval()
    images = images_of(data.views[0], data.regions[0])
    with torch.no_grad():
        expected = begun.head(begun.space(images))
        torch.testing.assert_close(raw(images), expected, atol=1e-4, rtol=1e-4)
        again = head_class(raw.kind).empty(**raw.settings())
        again.load_state_dict(raw.state_dict())
        torch.testing.assert_close(again(images), raw(images))
        assert again.region_scores(images.required_regions()[0], 1).shape == (REGIONS,)


def test_labels_do_not_teach_contexts():
    data, _, names = world()
    learner = learner_of(CSA(num_groups=2), data, names)
    learner.student.feedback.fill_(1.0)
    learner.student(learner.space(batch_of(data, 0).images)).sum().backward()
    assert all(each.grad is None for each in learner.student.contexts.parameters())


@pytest.mark.parametrize("policy", ["cap", "f_beta"])
@pytest.mark.parametrize("weighting", ["uniform", "confidence", "calibrated"])
@pytest.mark.parametrize("known", ["none", "positives", "one", "all", "negatives"])
def test_any_label_situation_gives_finite_steps(policy, weighting, known):
    data, truth, names = world()
    states = {
        "none": np.zeros_like(truth),
        "positives": np.maximum(truth, 0),
        "one": np.where(np.arange(IMAGES)[:, None] == 3, truth, 0).astype(np.int8),
        "all": truth,
        "negatives": np.minimum(truth, 0),
    }[known]
    recipe = CSA(policy=policy, weighting=weighting, warm_up_epochs=0)
    learner = started(recipe, replace(data, states=states), names)
    loss = learner(batch_of(replace(data, states=states), 0))
    loss.backward()
    learner.after_step()
    assert torch.isfinite(loss)
    for parameter in learner.student.parameters():
        assert parameter.grad is None or torch.isfinite(parameter.grad).all()


@pytest.mark.parametrize(("num_labels", "images"), [(1, 10), (2, 10), (1, 1), (3, 1)])
def test_one_label_or_one_image_is_enough(num_labels, images):
    data, truth, names = world(num_labels=num_labels, images=images, labelled=images)
    recipe = CSA(warm_up_epochs=0)
    found = fit(recipe, data, holdout(data, truth), names, replace(SCHEDULE, epochs=1), seed=0)
    logits = head_logits(found.head, data.views[0], data.regions[0])
    assert np.isfinite(logits).all()


@pytest.mark.parametrize("wrong", [{"noise": -1.0}, {"decay": 1.0}, {"region_dropout": -0.1}])
def test_settings_out_of_range_are_refused(wrong):
    with pytest.raises(ValueError, match="must be"):
        CSA(**wrong)
