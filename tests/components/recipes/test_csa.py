from dataclasses import replace

import numpy as np
import pytest
import torch

from components.losses.asymmetric import AsymmetricLoss
from components.metrics.ranking import average_precision
from components.models.heads.catalog import head_class
from components.models.images import images_of
from components.recipes.contextual_start import ContextualStart
from components.recipes.csa import CSA
from components.training.data import Holdout, Names, Schedule, TrainingSet
from components.training.judging import head_logits
from components.training.learner import Batch, Start
from components.training.loop import fit
from components.training.state import FitState

IMAGES, LABELS, REGIONS, EMBED = 60, 8, 4, 12
SCHEDULE = Schedule(epochs=3, batch_size=20, learning_rate=0.01, checkpoint_every=1)


def unit(vectors):
    vectors = vectors.astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


def world(num_labels=LABELS, images=IMAGES, labelled=30, seed=0):
    """Regions that show a label each; two labels of one half an image."""
    random = np.random.default_rng(seed)
    names = unit(random.normal(size=(num_labels, EMBED)))
    truth = np.full((images, num_labels), -1, np.int8)
    regions = random.normal(size=(images, REGIONS, EMBED)) * 0.15
    for row in range(images):
        half = np.arange(num_labels)[row % 2 :: 2] if num_labels > 1 else np.array([0])
        for place, label in enumerate(random.permutation(half)[:2]):
            truth[row, label] = 1
            regions[row, place] += names[label]
    regions = unit(regions)
    states = truth.copy()
    states[labelled:] = 0
    data = TrainingSet(
        views=unit(regions.mean(axis=1))[None],
        states=states,
        proposals=np.zeros_like(states),
        regions=(regions,),
    )
    return data, truth, Names(vectors=names, temperature=0.1)


def holdout(data, truth):
    return Holdout(
        vectors=data.views[0],
        truth=truth == 1,
        known=np.ones(truth.shape, bool),
        regions=data.regions[0],
    )


def batch_of(data, epoch, rows=None):
    rows = np.arange(len(data.states)) if rows is None else rows
    return Batch(
        images_of(data.views[0][rows], data.regions[0][rows]),
        torch.from_numpy(data.states[rows]),
        torch.from_numpy(data.proposals[rows]),
        torch.ones(len(rows), data.states.shape[1]),
        torch.from_numpy(rows),
        epoch,
    )


def learner_of(recipe, data, names, seed=0):
    torch.manual_seed(seed)
    return recipe.build(Start(data, names))


def started(recipe, data, names):
    """A learner whose thresholds and trust have been measured."""
    learner = learner_of(recipe, data, names)
    learner.start_epoch(
        recipe.warm_up_epochs, lambda head: head_logits(head, data.views[0], data.regions[0])
    )
    return learner


PLAIN = CSA(
    noise=0.0, region_dropout=0.0, context_weight=0.0, weighting="uniform", warm_up_epochs=0
)


def slow_asymmetric(logit, present, settings):
    chance = 1 / (1 + np.exp(-logit))
    if present:
        return -((1 - chance) ** settings.gamma_positive) * np.log(chance)
    shifted = max(chance - settings.clip, 0.0)
    return -(shifted**settings.gamma_negative) * np.log(1 - shifted)


def test_the_loss_is_the_sum_of_its_equations():
    data, _, names = world()
    recipe = replace(PLAIN, weighting="confidence", unknown_weight=0.7)
    learner = started(recipe, data, names)
    logits = head_logits(learner.head(), data.views[0], data.regions[0]).astype(np.float64)
    chance = 1 / (1 + np.exp(-logits))
    thresholds = learner.thresholds.numpy()
    known, pseudo = [], []
    for row in range(IMAGES):
        for k in range(LABELS):
            state = data.states[row, k]
            if state:
                known.append(slow_asymmetric(logits[row, k], state == 1, recipe.asymmetric))
            else:
                present = chance[row, k] >= thresholds[k]
                weight = abs(2 * chance[row, k] - 1)
                pseudo.append(weight * slow_asymmetric(logits[row, k], present, recipe.asymmetric))
    expected = np.mean(known) + 0.7 * np.mean(pseudo)
    assert float(learner(batch_of(data, 0)).detach()) == pytest.approx(expected, rel=1e-3)


def test_contexts_cost_their_cross_entropy():
    data, _, names = world()
    without = started(PLAIN, data, names)
    recipe = replace(PLAIN, context_weight=0.5, num_groups=2, estimation_share=0.0)
    learner = started(recipe, data, names)
    batch = batch_of(data, 0)
    with torch.no_grad():
        found = float(learner(batch) - without(batch))
        contexts = learner.student.contexts(learner.space(batch.images).vectors).numpy()
    logits = head_logits(without.head(), data.views[0], data.regions[0])
    groups = learner.student.contexts.groups.numpy()
    known, others = [], []
    for row in range(IMAGES):
        for group in range(2):
            absent = 1.0
            for k in np.flatnonzero(groups == group):
                state = data.states[row, k]
                absent *= 1 - (float(state == 1) if state else 1 / (1 + np.exp(-logits[row, k])))
            chance = 1 / (1 + np.exp(-contexts[row, group]))
            cost = -(1 - absent) * np.log(chance) - absent * np.log(1 - chance)
            (known if data.states[row].all() else others).append(cost)
    assert found == pytest.approx(0.5 * (np.mean(known) + np.mean(others)), rel=1e-3)


def test_gradients_agree_with_finite_differences():
    data, _, names = world(images=12, labelled=6)
    smooth = AsymmetricLoss(gamma_positive=0.0, gamma_negative=2.0, clip=0.0)
    recipe = replace(PLAIN, context_weight=0.5, asymmetric=smooth, num_groups=2)
    learner = started(recipe, data, names).double()
    batch = batch_of(data, 0)
    images = images_of(batch.images.vectors.numpy(), batch.images.required_regions().numpy())
    batch = replace(
        batch,
        images=replace(images, vectors=images.vectors.double(), regions=images.regions.double()),
    )
    learner(batch).backward()
    random = np.random.default_rng(0)
    for name, parameter in learner.named_parameters():
        if parameter.grad is None:
            continue
        place = tuple(int(random.integers(size)) for size in parameter.shape)
        values = []
        for step in (1e-5, -1e-5):
            with torch.no_grad():
                parameter[place] += step
                values.append(float(learner(batch)))
                parameter[place] -= step
        slope = (values[0] - values[1]) / 2e-5
        assert float(parameter.grad[place]) == pytest.approx(slope, rel=1e-3, abs=1e-6), name


def test_a_pseudo_label_without_weight_adds_no_gradient():
    data, _, names = world()
    learner = started(replace(PLAIN, weighting="calibrated"), data, names)
    learner.thresholds.fill_(2.0)
    learner.curve.chances.fill_(
        1.0
    )  # so that absence, which is all that is proposed, is never right
    learner.curve.fitted.fill_(True)
    learner(batch_of(data, 0, rows=np.arange(30, 60))).backward()
    for parameter in learner.student.parameters():
        assert parameter.grad is None or not parameter.grad.any()


def test_known_cells_are_never_pseudo_labels():
    data, truth, names = world()
    full = replace(data, states=truth)
    learner = started(PLAIN, full, names)
    with_pseudo = float(learner(batch_of(full, 0)).detach())
    learner.recipe = replace(PLAIN, unknown_weight=0.0)
    assert float(learner(batch_of(full, 0)).detach()) == with_pseudo


def test_images_kept_apart_teach_nothing():
    data, _, names = world()
    recipe = replace(PLAIN, weighting="calibrated")
    learner = started(recipe, data, names)
    apart = np.flatnonzero(learner.estimation.numpy())
    assert len(apart) == 6
    assert (data.states[apart] != 0).all()
    learner(batch_of(data, 0, rows=apart)).backward()
    for parameter in learner.student.parameters():
        assert parameter.grad is None or not parameter.grad.any()


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
