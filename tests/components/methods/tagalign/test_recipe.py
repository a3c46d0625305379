from dataclasses import replace

import numpy as np
import pytest
import torch

from benchmarks.attribute_world import captioned, task_of, world
from components.captions.captioned_images import captioned_images
from components.errors import InputError
from components.methods.tagalign.analysis import Queries, per_kind_analysis
from components.methods.tagalign.losses import contrastive, multi_tag_softmax, scaled
from components.methods.tagalign.recipe import TagAlignLearner
from components.models.heads.projected import ProjectedHead
from components.models.images import Images
from components.training.inference import head_logits
from components.training.learner import Batch
from components.training.loop import fit
from components.training.settings import Schedule
from tests.components.methods.making import recipe_of
from tests.reference.finite_differences import gradient_of

SCHEDULE = Schedule(epochs=12, batch_size=64, learning_rate=4e-3)
FREE = {"most_epochs": None, "most_images": None, "learning_rate": None}


def recipe(**more):
    """Trained by the test's own schedule."""
    return recipe_of("tagalign", **FREE, **more)


def build(data, captions=None, **more) -> TagAlignLearner:
    """A learner on a task whose hold-out does not matter."""
    task = task_of(data, data)
    learner = recipe(**more).build(task if captions is None else replace(task, captions=captions))
    assert isinstance(learner, TagAlignLearner)
    return learner


def batch(data, rows):
    rows = torch.tensor(rows)
    regions = torch.from_numpy(data.regions)[rows]
    states = torch.from_numpy(data.things.astype(np.int8))[rows]
    images = Images(regions.mean(dim=1), regions)
    return Batch(images, states, rows, 0, 1)


def trained(data, kinds, *, schedule=SCHEDULE, pool="mean", seed=0):
    task = task_of(data, world(150, seed=77))
    return fit(recipe(kinds=kinds, pool=pool), task, schedule, seed=seed)


def test_it_needs_regions():
    task = replace(task_of(world(5, seed=0), world(5, seed=1)), regions=())
    with pytest.raises(InputError, match="region vectors"):
        fit(recipe(), task, SCHEDULE, seed=0)


def test_captions_and_a_grid_are_asked_for():
    task = task_of(world(5, seed=0), world(5, seed=1))
    for lacking, said in (
        (replace(task, captions=None), "captions"),
        (replace(task, grid=None), "grid"),
    ):
        with pytest.raises(InputError, match=said):
            recipe().build(lacking)


def test_before_training_it_ranks_as_zero_shot_on_the_mean_region():
    data, test = world(40, seed=0), world(60, seed=1)
    head = build(data, pool="mean").head()
    logits = head_logits(head, test.regions.mean(axis=1), test.regions)
    mean = test.regions.mean(axis=1)
    cosines = mean / np.linalg.norm(mean, axis=1, keepdims=True) @ test.thing_texts.T
    np.testing.assert_array_equal(logits.argsort(axis=0), cosines.argsort(axis=0))


def test_first_logits_are_rough_probabilities():
    data = world(100, seed=0)
    head = build(data).head()
    logits = head_logits(head, data.regions.mean(axis=1), data.regions)
    share = data.things.mean(axis=0)
    np.testing.assert_allclose(logits.mean(axis=0), np.log(share / (1 - share)), atol=0.2)


def test_the_loss_is_the_sum_of_its_equations():
    data = world(12, seed=0)
    learner = build(data, caption_weight=0.5, tag_weight=2.0)
    rows = [3, 0, 7, 11]
    cosines = learner.projected.similarity
    regions = torch.from_numpy(data.regions)[rows]

    def seen(texts, name):
        texts = torch.from_numpy(np.asarray(texts, np.float32))
        return scaled(cosines(regions, texts), learner.scales[name])

    def tags(truth, texts, name):
        targets = torch.from_numpy(truth[rows].astype(np.float32))
        return multi_tag_softmax(seen(texts, name), targets).mean()

    expected = (
        0.5 * contrastive(seen(data.captions[rows], "captions"), torch.eye(4).bool())
        + 2 * tags(data.things, data.thing_texts, "objects")
        + 2 * tags(data.colours, data.colour_texts, "attributes")
    )
    found = learner(batch(data, rows))
    assert found.item() == pytest.approx(expected.item(), rel=1e-5)


def test_images_of_one_caption_are_partners():
    data = world(4, seed=0)
    same = data.captions.copy()
    same[1] = same[0]
    made = captioned_images(
        4,
        (np.array([0, 1, 2, 3, 3]), np.concatenate([same, same[:1]])),
        (data.things, data.thing_texts),
        (data.colours, data.colour_texts),
    )
    assert made.captions.matrix.num_tags == 3
    partners = made.captions.matrix.dense([0, 1, 2, 3])
    assert (partners[0] == partners[1]).all()
    assert (partners[3] >= partners[0]).all()
    assert partners.sum() == 5


def test_an_image_without_a_tag_and_caption_gives_no_gradient():
    data = world(6, seed=0)
    rest = np.arange(1, 6)
    states = data.things.astype(np.int8)
    things, colours = data.things.copy(), data.colours.copy()
    things[0] = colours[0] = states[0] = 0
    made = captioned_images(
        6,
        (rest, data.captions[rest]),
        (things, data.thing_texts),
        (colours, data.colour_texts),
    )
    task = replace(task_of(data, data), states=states, captions=made)
    learner = recipe().build(task)
    alone = learner(batch(data, [0]))
    assert alone.item() == 0.0
    alone.backward()
    assert not any(each.grad.any() for each in learner.parameters() if each.grad is not None)


@pytest.mark.parametrize("pool", ["mean", "best"])
def test_gradients_in_double_precision(pool):
    data = world(6, seed=0)
    learner = build(data, pool=pool, num_blocks=1).double()
    named = learner.projected.named_parameters()
    gates = [gate for name, gate in named if name.endswith("gate")]
    assert len(gates) == 2
    with torch.no_grad():
        for gate in gates:
            gate.fill_(0.5)
    given = batch(data, [0, 1, 2])
    given = replace(
        given, images=Images(given.images.vectors, given.images.required_regions().double())
    )
    loss = learner(given)
    loss.backward()
    for parameter in (*gates, *learner.scales.values()):
        slope = gradient_of(parameter).item()
        step = 1e-5
        with torch.no_grad():
            parameter += step
            above = learner(given).item()
            parameter -= 2 * step
            below = learner(given).item()
            parameter += step
        assert (above - below) / (2 * step) == pytest.approx(slope, rel=1e-6, abs=1e-8)


def test_permuted_labels_and_tags_change_nothing_but_their_order():
    data = world(30, seed=0)
    order = np.random.default_rng(0).permutation(data.things.shape[1])
    moved = replace(data, things=data.things[:, order], thing_texts=data.thing_texts[order])
    short = Schedule(epochs=2, batch_size=16, learning_rate=1e-3)
    one, two = (fit(recipe(), task_of(each, each), short, seed=0).head for each in (data, moved))
    vectors = data.regions.mean(axis=1)
    np.testing.assert_allclose(
        head_logits(two, vectors, data.regions),
        head_logits(one, vectors, data.regions)[:, order],
        atol=1e-3,
    )


def test_each_kind_of_tag_teaches_its_kind_of_query():
    train, test = world(600, seed=0), world(300, seed=1)
    kinds = ("objects", "both")
    heads = {kind: trained(train, kind).head for kind in kinds}
    heads["frozen"] = build(train, pool="mean").head()
    variants = {name: head for name, head in heads.items() if isinstance(head, ProjectedHead)}
    queries = {
        "object": Queries(tuple("abcdef"), test.thing_texts, test.things),
        "attribute": Queries(tuple("vwxyz"), test.colour_texts, test.colours),
    }
    table = per_kind_analysis(variants, test.regions, queries, reference="objects", num_draws=100)
    gain = table["both"]["attribute"].gain
    assert gain is not None
    assert gain.low > 0
    assert table["objects"]["object"].map_all.mean > table["frozen"]["object"].map_all.mean
    assert table["objects"]["object"].gain is None


def test_the_same_seed_gives_the_same_head():
    data = world(60, seed=0)
    short = Schedule(epochs=2, batch_size=16, learning_rate=1e-3)
    one, two = (trained(data, "both", schedule=short) for _ in range(2))
    other = trained(data, "both", schedule=short, seed=1)
    assert one.history == two.history != other.history


def wrong_inputs():
    data = world(10, seed=0)
    fitting = captioned(data)
    none = (np.zeros((10, 0)), np.zeros((0, data.captions.shape[1])))
    silent = (np.zeros(0, np.int64), data.captions[:0])
    said = (np.arange(10), data.captions)
    yield "fill|grid", {"grid": (2, 2)}, data, fitting
    yield "10 images for 9", {}, world(9, seed=0), fitting
    yield "no training image has one", {}, data, captioned_images(10, silent, none, none)
    yield "kind attributes", {"kinds": "attributes"}, data, captioned_images(10, said, none, none)
    longer = np.pad(data.captions, ((0, 0), (0, 3)))
    other = (np.zeros((10, 0)), np.zeros((0, longer.shape[1])))
    yield "one encoder", {}, data, captioned_images(10, (np.arange(10), longer), other, other)


@pytest.mark.parametrize(("message", "settings", "data", "captions"), list(wrong_inputs()))
def test_what_does_not_fit_is_refused(message, settings, data, captions):
    given = dict(settings)
    changed = {"grid": given.pop("grid")} if "grid" in given else {}
    task = replace(task_of(data, data), captions=captions, **changed)
    with pytest.raises(InputError, match=message):
        recipe(**given).build(task)
