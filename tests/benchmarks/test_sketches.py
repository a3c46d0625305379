"""The sketch benchmark's figures, on results of a made-up world."""

import json
from itertools import combinations

import numpy as np
import pytest

from benchmarks.figures import figure_line
from benchmarks.sketch_retrieval.features import NamedWorld
from benchmarks.sketch_retrieval.folds import all_folds
from benchmarks.sketch_retrieval.intervals import by_query, over_classes, over_queries
from benchmarks.sketches import WAYS, figures, report
from components.methods.ma_sbir import conversion
from components.methods.ma_sbir.protocol import UnseenResult
from components.methods.ma_sbir.query_expansion import unit
from components.methods.ma_sbir.world import SketchWorld

CLASSES, EACH, EMBED = 7, 4, 12


def world(seed=0, num_classes=CLASSES):
    rng = np.random.default_rng(seed)
    names = rng.normal(size=(num_classes, EMBED))
    classes = np.repeat(np.arange(num_classes), EACH)

    def pictures(gap):
        noise = 0.5 * rng.normal(size=(len(classes), EMBED))
        return unit(names[classes] + gap + noise).astype(np.float32)

    gap = 2 * rng.normal(size=EMBED)
    return NamedWorld(
        tuple("abcdefg")[:num_classes],
        SketchWorld(
            photos=pictures(0.0),
            shown=classes[:, None] == np.arange(num_classes),
            sketches={"plain": pictures(gap), "painted": pictures(gap / 2)},
            sketch_classes=classes,
            class_vectors=unit(names).astype(np.float32),
        ),
    )


def results_of(data, value):
    return [
        UnseenResult(
            way=way,
            unseen=pair,
            seed=seed,
            rows=np.flatnonzero(data.world.sketches_of(pair)),
            ordinary=np.full(2 * EACH, value[way]),
            interpolated=np.full(2 * EACH, value[way] + 0.1),
            seen_map=value[way] / 2,
            settings={},
        )
        for pair in combinations(range(CLASSES), 2)
        for seed in (0, 1)
        for way in WAYS
    ]


def test_figures_keep_the_two_kinds_of_precision_apart():
    data = world()
    value = {way: place / 10 for place, way in enumerate(WAYS)}
    rows = {row.name: row for row in figures(data, results_of(data, value))}
    assert rows["unseen_raw_map_all"].value == pytest.approx(value["raw"])
    converted = rows["unseen_converted_interpolated_map_all"]
    assert converted.value == pytest.approx(value["converted"] + 0.1)
    assert rows["seen_converted_map_all"].value == pytest.approx(value["converted"] / 2)
    gain = rows["unseen_converted_minus_raw_map_all"]
    assert gain.value == pytest.approx(value["converted"] - value["raw"])
    assert gain.low == pytest.approx(gain.high)
    assert all(json.loads(figure_line(row))["name"] == name for name, row in rows.items())


def test_each_query_counts_once_whatever_its_number_of_folds():
    data = world()
    values = by_query(results_of(data, dict.fromkeys(WAYS, 0.25)), "raw", "ordinary", 7 * EACH)
    np.testing.assert_allclose(values, 0.25)


def test_folds_hold_every_way_for_every_pair_and_the_report_can_be_written(monkeypatch):
    monkeypatch.setattr(conversion, "RELEASED_EPOCHS", 1)
    data = world(num_classes=5)
    results = all_folds(data, [0])
    assert len(results) == 10 * len(WAYS)
    unpainted = [r.settings["drawing"] for r in results if r.way == "converted_unpainted"]
    assert set(unpainted) == {"plain"}
    assert json.loads(json.dumps(report(data, results)))["by_class"].keys() == set(WAYS)


def test_drawing_classes_too_widens_the_interval():
    classes = np.repeat(np.arange(7), 40)
    values = classes / 7 + 0.01 * np.random.default_rng(0).normal(size=280)
    near, wide = over_queries(values, classes), over_classes(values, classes)
    assert near.low < near.mean < near.high
    assert wide.low < near.low < near.high < wide.high
