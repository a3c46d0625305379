"""The protocol of the sketch benchmark, on a small world of made-up vectors."""

import json
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from benchmarks.figures import figure_line
from benchmarks.sketch_retrieval import conversion
from benchmarks.sketch_retrieval.conversion import Candidate, Converters, settlings
from benchmarks.sketch_retrieval.features import TEMPERATURES, Sketches
from benchmarks.sketch_retrieval.folds import FoldResult
from benchmarks.sketch_retrieval.intervals import by_query, over_classes, over_queries
from benchmarks.sketch_retrieval.selection import choose, relevance, scores
from benchmarks.sketches import WAYS, figures
from components.methods.ma_sbir.settling import unit

CLASSES, EACH, EMBED = 7, 4, 12
SEEN, UNSEEN = (0, 2, 3, 5, 6), (1, 4)
GRID = [
    Candidate(sketch_temperature=t, offsets=kind, share=1.0, power=p, shrinkage=1.0)
    for t in TEMPERATURES[:2]
    for kind in ("mean", "trained")
    for p in (0.0, 0.5)
]


def world(seed=0):
    rng = np.random.default_rng(seed)
    names = rng.normal(size=(CLASSES, EMBED))
    classes = np.repeat(np.arange(CLASSES), EACH)

    def pictures(gap):
        noise = 0.5 * rng.normal(size=(len(classes), EMBED))
        return unit(names[classes] + gap + noise).astype(np.float32)

    gap = 2 * rng.normal(size=EMBED)
    return Sketches(
        names=tuple("abcdefg"),
        photo_classes=classes,
        sketch_classes=classes,
        photos={t: pictures(0.0) for t in TEMPERATURES},
        sketches={t: pictures(gap) for t in TEMPERATURES},
        texts=unit(names).astype(np.float32),
    )


def without_unseen(data):
    """The same world, but any use of an unseen class gives NaN."""

    def spoiled(vectors, classes):
        kept = np.isin(classes, SEEN)[:, None]
        return {t: np.where(kept, rows, np.float32(np.nan)) for t, rows in vectors.items()}

    texts = data.texts.copy()
    texts[list(UNSEEN)] = np.nan
    return replace(
        data,
        photos=spoiled(data.photos, data.photo_classes),
        sketches=spoiled(data.sketches, data.sketch_classes),
        texts=texts,
    )


def test_choice_and_converter_know_nothing_of_the_unseen_classes(monkeypatch):
    monkeypatch.setattr(conversion, "SCHEDULE", replace(conversion.SCHEDULE, num_steps=3))
    data = world()
    blind = without_unseen(data)
    chosen, inner_map = choose(data, Converters(data), SEEN, GRID)
    assert choose(blind, Converters(blind), SEEN, GRID) == (chosen, inner_map)
    for candidate in GRID:
        made = Converters(data).make(SEEN, candidate, 1)
        again = Converters(blind).make(SEEN, candidate, 1)
        np.testing.assert_array_equal(made.metric, again.metric)
        np.testing.assert_array_equal(made.sketch, again.sketch)


def test_gallery_holds_all_photographs_and_queries_only_unseen_sketches():
    data = world()
    converter = Converters(data).make(SEEN, GRID[0], 0)
    found = scores(data, converter, GRID[0], UNSEEN, range(CLASSES))
    assert found.shape == (2 * EACH, CLASSES * EACH)
    relevant = relevance(data, found, UNSEEN, range(CLASSES))
    assert (relevant.sum(axis=1) == EACH).all()


def test_settling_keeps_the_conversion_and_varies_the_neighbours():
    moved = settlings(GRID[3])
    assert [replace(candidate, settling=None) for candidate in moved] == [GRID[3]] * len(moved)
    assert len({candidate.settling for candidate in moved}) == len(moved)


def results_of(data, value):
    return [
        FoldResult(
            way=way,
            unseen=pair,
            seed=seed,
            rows=np.flatnonzero(data.sketches_of(pair)),
            ordinary=np.full(2 * EACH, value[way]),
            interpolated=np.full(2 * EACH, value[way] + 0.1),
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
    gain = rows["unseen_converted_minus_raw_map_all"]
    assert gain.value == pytest.approx(value["converted"] - value["raw"])
    assert gain.low == pytest.approx(gain.high)
    assert all(json.loads(figure_line(row))["name"] == name for name, row in rows.items())


def test_each_query_counts_once_whatever_its_number_of_folds():
    data = world()
    values = by_query(results_of(data, dict.fromkeys(WAYS, 0.25)), "raw", "ordinary", 7 * EACH)
    np.testing.assert_allclose(values, 0.25)


def test_drawing_classes_too_widens_the_interval():
    classes = np.repeat(np.arange(7), 40)
    values = classes / 7 + 0.01 * np.random.default_rng(0).normal(size=280)
    near, wide = over_queries(values, classes), over_classes(values, classes)
    assert near.low < near.mean < near.high
    assert wide.low < near.low < near.high < wide.high
