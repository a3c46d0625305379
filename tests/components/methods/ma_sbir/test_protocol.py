"""What a way of asking may know, on a small world of made-up vectors."""

from dataclasses import replace

import numpy as np
import pytest

from components.errors import InputError
from components.methods.ma_sbir import conversion, selection
from components.methods.ma_sbir.conversion import Fitter
from components.methods.ma_sbir.protocol import WAYS, SketchProtocol
from components.methods.ma_sbir.selection import hold_outs_of, relevance
from tests.components.methods.ma_sbir.sketch_world import CLASSES, EACH, world

UNSEEN = (1, 4)


def without_unseen(data):
    """The same world, but any use of an unseen class gives NaN."""
    photo = data.shown[:, UNSEEN].any(axis=1)[:, None]
    sketch = data.sketches_of(UNSEEN)[:, None]
    nan = np.float32(np.nan)
    names = data.class_vectors.copy()
    names[list(UNSEEN)] = nan
    return replace(
        data,
        photos=np.where(photo, nan, data.photos),
        sketches={k: np.where(sketch, nan, v) for k, v in data.sketches.items()},
        class_vectors=names,
    )


@pytest.fixture(autouse=True)
def short_training(monkeypatch):
    monkeypatch.setattr(conversion, "RELEASED_EPOCHS", 1)
    monkeypatch.setattr(conversion, "OUR_SCHEDULE", replace(conversion.OUR_SCHEDULE, num_steps=3))
    monkeypatch.setattr(selection, "MIN_CLASSES_TO_TRAIN", 3)


@pytest.mark.parametrize("several", [False, True])
def test_choice_and_converter_know_nothing_of_the_unseen_classes(several):
    data = world(several=several)
    blind = Fitter(without_unseen(data))
    seen = tuple(c for c in range(CLASSES) if c not in UNSEEN)
    hold_outs = hold_outs_of(seen, len(UNSEEN), 0)
    chosen = selection.choose_conversion(Fitter(data), seen, hold_outs)
    assert selection.choose_conversion(blind, seen, hold_outs) == chosen
    for vectors in ("means", "trained", "released"):
        settings = replace(chosen[0], vectors=vectors)
        made = Fitter(data).offsets(seen, settings, 1)
        again = blind.offsets(seen, settings, 1)
        np.testing.assert_array_equal(made.photo, again.photo)
        np.testing.assert_array_equal(made.sketch, again.sketch)


@pytest.mark.parametrize("way", WAYS)
def test_same_seed_same_result_and_interpolated_is_never_below_ordinary(way):
    result, again = (SketchProtocol(world()).run(way, UNSEEN, 3) for _ in range(2))
    np.testing.assert_array_equal(result.ordinary, again.ordinary)
    assert result.settings == again.settings
    assert (result.interpolated >= result.ordinary - 1e-12).all()
    assert len(result.rows) == len(result.ordinary) == 2 * EACH


def test_conversion_finds_more_than_raw_queries():
    protocol = SketchProtocol(world())
    raw, converted = (protocol.run(way, UNSEEN, 0) for way in ("raw", "converted"))
    assert converted.ordinary.mean() > raw.ordinary.mean()


def test_a_photograph_of_several_classes_answers_sketches_of_each():
    data = world(several=True)
    everything = np.ones(len(data.photos), bool)
    queries = np.arange(len(data.sketch_classes)) == 0
    found = np.zeros((1, len(data.photos)))
    relevant = relevance(data, found, queries, everything)
    np.testing.assert_array_equal(relevant[0], data.shown[:, data.sketch_classes[0]])


@pytest.mark.parametrize(
    ("way", "unseen", "message"),
    [
        ("raw", (), "unseen classes"),
        ("raw", (7,), "0 to 6"),
        ("raw", range(6), "Leave out fewer"),
    ],
)
def test_what_cannot_be_asked_is_refused(way, unseen, message):
    with pytest.raises(InputError, match=message):
        SketchProtocol(world()).run(way, unseen, 0)
