"""Proposals are shown where no truth is hidden, too."""

import numpy as np
import pytest

from components.atomic import write_json
from components.labelers.proposal_table import read_proposals
from components.labels.tables import read_labels, write_labels
from pipelines.evaluate.proposals_shown import proposals_shown
from project.layout import Layout
from tests.projects.proposal_rows import write_proposals
from tests.projects.synthetic import make_project


@pytest.fixture(scope="module")
def layout(tmp_path_factory) -> Layout:
    layout = make_project(tmp_path_factory.mktemp("shown"))
    write_labels(layout.hidden_labels, read_labels(layout.hidden_labels).slice(0, 0))
    return layout


def with_proposals(layout: Layout, rows: list[tuple[str, str, int, float]]) -> None:
    columns = ("example_id", "label", "state", "score", "rank")
    ranked = [
        (*row, 1 + sum(other[1] == row[1] and other[3] > row[3] for other in rows)) for row in rows
    ]
    write_proposals(layout.proposals, [dict(zip(columns, row, strict=True)) for row in ranked])


def test_they_are_counted_by_label_and_by_probability(layout):
    ids = [f"photo-{number:04}" for number in range(9)]
    with_proposals(
        layout,
        [
            *(
                (name, "red disc", 1, score)
                for name, score in zip(ids, (0.5, 0.59, 0.6, 0.95, 1.0), strict=False)
            ),
            (ids[5], "red square", -1, 0.001),
            (ids[6], "blue disc", 1, 0.4),
        ],
    )
    shown = proposals_shown(layout)
    assert shown is not None
    assert [label.name for label in shown.labels] == ["red disc", "blue disc", "red square"]
    red, blue, square = shown.labels
    assert red.by_band == (2, 1, 0, 0, 2)
    assert blue.by_band == (1, 0, 0, 0, 0)
    assert (square.present, square.absent, square.pictures) == (0, 1, ())
    assert (shown.present, shown.absent, shown.num_images) == (6, 1, 7)
    assert sum(number for _, number in shown.by_band) == shown.present
    assert shown.by_band[0] == ("0.9 – 1", 2)
    # Four of five pictures, from the surest to the least sure.
    assert [round(picture.probability or 0, 2) for picture in red.pictures] == [1, 0.95, 0.59, 0.5]
    assert all(picture.uri.startswith("data:image/jpeg") for picture in red.pictures)


def test_counts_are_those_of_the_table_itself(layout):
    rng = np.random.default_rng(3)
    labels = ["red disc", "red square", "blue disc"]
    rows = [
        (f"photo-{number:04}", label, 1, float(score))
        for number in range(60)
        for label, score in zip(labels, rng.uniform(0.5, 1, 3), strict=True)
        if score > 0.6 or label == "blue disc"
    ]
    with_proposals(layout, rows)
    shown, table = proposals_shown(layout), read_proposals(layout.proposals).to_pandas()
    assert shown is not None
    for label in shown.labels:
        scores = table[table.label == label.name].score
        for band, low in enumerate((0.5, 0.6, 0.7, 0.8, 0.9)):
            high = low + 0.1 if low < 0.9 else 1.01
            assert label.by_band[band] == ((scores >= low) & (scores < high)).sum()


@pytest.mark.parametrize(
    ("report", "why"),
    [
        ({"calibrated": True, "unknown_cells": 0}, "every cell"),
        ({"calibrated": True, "unknown_cells": 9}, "likely or unlikely"),
    ],
)
def test_where_nothing_is_proposed_it_says_why(layout, report, why):
    with_proposals(layout, [])
    write_json(layout.proposals_report, report)
    shown = proposals_shown(layout)
    assert shown is not None
    assert why in str(shown.why_none)


def test_the_report_shows_where_it_is_seen_and_what_speaks_for_it(layout):
    cell = {"example_id": "photo-0001", "label": "red disc", "state": 1}
    box = {"x0": 0.0, "y0": 0.25, "x1": 0.5, "y1": 1.0}
    near = [{"example_id": "photo-0002", "similarity": 0.8}]
    other = {**cell, "example_id": "photo-0003", "score": 0.85, "rank": 2, "split": "test"}
    write_proposals(layout.proposals, [{**cell, **box, "score": 0.97, "nearest": near}, other])
    shown = proposals_shown(layout)
    assert shown is not None
    assert shown.marks == (("0.95", 1), ("0.9", 1), ("0.8", 2), ("0.5", 2))
    assert shown.splits == (("training", 1), ("test", 1))
    first, second = shown.labels[0].pictures
    assert (first.nearest_id, second.nearest_id) == ("photo-0002", None)
    assert str(first.nearest_uri).startswith("data:image/jpeg")
    write_proposals(layout.proposals, [{**cell, "score": 0.97}, other])
    plain = proposals_shown(layout)
    assert plain is not None
    assert plain.labels[0].pictures[0].uri != first.uri


def test_without_probabilities_ranks_are_shown(layout):
    ids = ("photo-0001", "photo-0002")
    write_proposals(
        layout.proposals,
        [
            {"example_id": name, "label": "red disc", "state": 1, "score": None, "rank": rank}
            for name, rank in zip(ids, (2, 1), strict=True)
        ],
    )
    shown = proposals_shown(layout)
    assert shown is not None
    assert (shown.marks, shown.present) == ((), 2)
    assert [picture.rank for picture in shown.labels[0].pictures] == [1, 2]
    assert {picture.probability for picture in shown.labels[0].pictures} == {None}


def test_without_the_stage_there_is_nothing_to_show(tmp_path):
    assert proposals_shown(Layout(tmp_path)) is None
