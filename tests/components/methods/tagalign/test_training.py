import numpy as np
import pytest
import torch

from benchmarks.attribute_world import GRID, rows_of, world
from components.errors import InputError
from components.methods.tagalign.analysis import Queries, per_kind_analysis, score_queries
from components.methods.tagalign.training import ProjectorSchedule, TagList, train_projector

SCHEDULE = ProjectorSchedule(epochs=12, batch_size=64, learning_rate=4e-3, kernel_size=1)


def lists(data):
    return {
        "objects": TagList(rows_of(data.things), data.thing_texts),
        "attributes": TagList(rows_of(data.colours), data.colour_texts),
    }


def trained(data, kinds, *, seed=0, schedule=SCHEDULE):
    chosen = [lists(data)[kind] for kind in kinds]
    return train_projector(data.regions, GRID, data.captions, chosen, schedule, seed=seed)


def test_the_same_seed_gives_the_same_projector():
    data = world(60, seed=0)
    short = ProjectorSchedule(epochs=2, batch_size=16)
    one, two = (trained(data, ["objects"], schedule=short) for _ in range(2))
    other = trained(data, ["objects"], seed=1, schedule=short)
    first, second = one.projector.state_dict(), two.projector.state_dict()
    assert all(torch.equal(first[key], second[key]) for key in first)
    assert one.history == two.history != other.history


def test_no_epoch_leaves_the_frozen_regions():
    data = world(20, seed=0)
    result = trained(data, ["objects"], schedule=ProjectorSchedule(epochs=0))
    np.testing.assert_allclose(
        score_queries(result.projector, data.regions, GRID, data.thing_texts),
        score_queries(None, data.regions, GRID, data.thing_texts),
        atol=1e-5,
    )


def test_half_precision_features_train_as_well():
    data = world(40, seed=0)
    chosen = [lists(data)["objects"]]
    regions = data.regions.astype(np.float16)
    short = ProjectorSchedule(epochs=2, batch_size=16)
    whole = train_projector(data.regions, GRID, data.captions, chosen, short, seed=0)
    half = train_projector(regions, GRID, data.captions, chosen, short, seed=0)
    np.testing.assert_allclose(whole.history, half.history, atol=1e-3)


def test_each_kind_of_tag_teaches_its_kind_of_query():
    train, test = world(600, seed=0), world(300, seed=1)
    variants = {
        "frozen": None,
        "objects": trained(train, ["objects"]).projector,
        "attributes": trained(train, ["attributes"]).projector,
        "both": trained(train, ["objects", "attributes"]).projector,
    }
    queries = {
        "object": Queries(tuple("abcdef"), test.thing_texts, test.things),
        "attribute": Queries(tuple("vwxyz"), test.colour_texts, test.colours),
    }
    table = per_kind_analysis(
        variants, test.regions, GRID, queries, reference="objects", num_draws=100
    )
    assert table["both"]["attribute"].gain.low > 0
    assert table["attributes"]["attribute"].gain.low > 0
    assert table["objects"]["object"].map_all.mean > table["frozen"]["object"].map_all.mean
    assert table["objects"]["object"].gain is None


def wrong_inputs():
    data = world(10, seed=0)
    tags = lists(data)["objects"]
    none = np.zeros((10, 0, data.regions.shape[2]), np.float32)
    yield "region features", (none, (0, 0), data.captions, [tags]), {}
    yield "region features", (data.regions, (2, 2), data.captions, [tags]), {}
    yield "9 captions", (data.regions, GRID, data.captions[:9], [tags]), {}
    yield "one encoder", (data.regions, GRID, data.captions[:, :5], [tags]), {}
    short = TagList(tags.matrix, tags.vectors[:3])
    yield "are needed", (data.regions, GRID, data.captions, [short]), {}
    yield "groups", (data.regions, GRID, data.captions, [tags]), {"groups": np.zeros(3, np.int64)}


@pytest.mark.parametrize(("message", "arguments", "more"), list(wrong_inputs()))
def test_what_does_not_fit_is_refused(message, arguments, more):
    with pytest.raises(InputError, match=message):
        train_projector(*arguments, ProjectorSchedule(epochs=1), seed=0, **more)


@pytest.mark.parametrize("wrong", [{"epochs": -1}, {"batch_size": 1}, {"learning_rate": 0.0}])
def test_schedules_have_limits(wrong):
    with pytest.raises(InputError):
        ProjectorSchedule(**wrong)
