"""Proposals for the cells of a few drawn images."""

from dataclasses import replace

import numpy as np
import pytest

from components.errors import InputError
from components.proposing.cell_model import JudgedCells, fit_cell_model
from components.proposing.cross_fit import cross_fit
from components.training.task import Holdout
from tests.components.proposing.toy_task import LABELS, drawn_task, hashes, mean_head, proposals


@pytest.fixture
def path(tmp_path):
    return tmp_path / "proposals.parquet"


def cell(row):
    return row["example_id"], row["label"]


def test_they_are_of_unknown_cells_alone_and_sorted(path):
    task, _ = drawn_task()
    rows, written = proposals(task, path)
    assert written.present + written.absent == len(rows)
    assert written.present_by_split == {"train": written.present, "val": 0}
    known = {(hashes(90)[row], LABELS[column]) for row, column in np.argwhere(task.states).tolist()}
    assert not known & {cell(row) for row in rows}
    assert [cell(row) for row in rows] == sorted(cell(row) for row in rows)
    assert {row["state"] for row in rows} == {-1, 1}
    assert {row["split"] for row in rows} == {"train"}
    assert all(row["score"] >= np.float32(0.3) for row in rows if row["state"] == 1)
    assert all(row["score"] < 0.05 for row in rows if row["state"] == -1)


def test_nothing_is_proposed_for_what_a_person_called_undecidable(path):
    task, _ = drawn_task()
    rows, _ = proposals(task, path)
    first = rows[0]
    at = (
        np.array([hashes(90).index(first["example_id"])]),
        np.array([LABELS.index(first["label"])]),
    )
    after, _ = proposals(task, path, undecidable=at)
    assert {cell(row) for row in rows} - {cell(row) for row in after} == {cell(first)}


@pytest.mark.parametrize("absences", [False, True])
def test_the_own_label_of_an_image_never_moves_its_probabilities(path, absences):
    task, truth = drawn_task()
    if absences:  # then half of each part calibrates the other
        rng = np.random.default_rng(1)
        seen = rng.random(truth.shape) < 0.6
        task = replace(task, states=(np.where(truth, 1, -1) * seen).astype(np.int8))
    task.states[[0, 7], 2:] = 0  # of these some cells are asked for
    for row in (0, 7):
        changed = task.states.copy()
        changed[row, :2] = 1 - 2 * (changed[row, :2] == 1)  # a present one becomes absent
        one, other = (
            {
                cell(each): each["score"]
                for each in proposals(
                    replace(task, states=states), path, present_above=0.0, absent_below=0.0
                )[0]
            }
            for states in (task.states, changed)
        )
        own = [each for each in one if each in other and each[0] == hashes(90)[row]]
        assert own
        assert [one[each] for each in own] == [other[each] for each in own]
        assert any(one[each] != other[each] for each in one if each in other)


def test_how_many_images_are_scored_at_once_changes_no_byte(path):
    task, _ = drawn_task(train=300)
    found = []
    for at_once in (1, 7, 1000):
        proposals(task, path, at_once=at_once)
        found.append(path.read_bytes())
    assert found[0] == found[1] == found[2]


def test_evidence_is_of_the_cell(path):
    task, _ = drawn_task()
    rows, _ = proposals(task, path)
    known = hashes(90)
    for row in rows:
        if row["state"] == -1:
            assert (row["rank"], row["x0"], row["nearest"]) == (None, None, [])
            continue
        own = task.views[0][known.index(row["example_id"])]
        positives = np.flatnonzero(task.states[:, LABELS.index(row["label"])] == 1)
        cosines = task.views[0][positives] @ own
        best = [known[positives[place]] for place in np.argsort(-cosines, kind="stable")[:3]]
        assert [each["example_id"] for each in row["nearest"]] == best
        assert row["nearest"][0]["similarity"] == pytest.approx(cosines.max(), abs=1e-6)
        assert 0 <= row["x0"] < row["x1"] <= 1
        assert 0 <= row["y0"] < row["y1"] <= 1
        assert row["fold"] in (0, 1, 2)
    for label in LABELS:
        scores = [row["score"] for row in rows if row["label"] == label and row["state"] == 1]
        ranks = [row["rank"] for row in rows if row["label"] == label and row["state"] == 1]
        assert sorted(ranks) == list(range(1, len(ranks) + 1))
        by_rank = [score for _, score in sorted(zip(ranks, scores, strict=True))]
        assert by_rank == sorted(scores, reverse=True)


def test_without_regions_there_are_no_boxes(path):
    task, _ = drawn_task(regions=False)
    rows, written = proposals(task, path)
    assert written.present
    assert {row["x0"] for row in rows} == {None}


def test_unknown_cells_of_the_hold_out_are_proposed_for_by_a_model_of_no_part(path):
    task, _ = drawn_task(val=60)
    held = task.holdout.states.copy()
    held[::5] = 0
    task = replace(task, holdout=Holdout.of(task.holdout.vectors, held, task.holdout.regions))
    rows, written = proposals(task, path)
    assert written.present_by_split["val"] > 0
    assert {row["fold"] for row in rows if row["split"] == "val"} == {None}


def test_one_label_alone(path):
    task, _ = drawn_task(labels=("cat",), train=60)
    task = replace(
        task, states=np.where(np.arange(60)[:, None] % 2, task.states, 0).astype(np.int8)
    )
    rows, _ = proposals(task, path, labels=("cat",))
    assert {row["label"] for row in rows} == {"cat"}


def test_where_all_is_known_nothing_is_proposed(path):
    task, truth = drawn_task()
    task = replace(task, states=np.where(truth, 1, -1).astype(np.int8))
    rows, written = proposals(task, path)
    assert (rows, written.present, written.absent) == ([], 0, 0)


def test_one_known_cell_in_all_calibrates_nothing(path):
    task, _ = drawn_task()
    states, held = np.zeros_like(task.states), np.zeros_like(task.holdout.states)
    states[3, 1] = 1
    holdout = Holdout.of(task.holdout.vectors, held, task.holdout.regions)
    task = replace(task, states=states, holdout=holdout)
    rows, written = proposals(task, path, present_above=0.5, absent_below=0.0)
    assert {row["score"] for row in rows} == {None}
    assert written.present == len(rows) > 0
    assert all(row["rank"] for row in rows)
    assert (hashes(90)[3], LABELS[1]) not in {cell(row) for row in rows}


def test_an_empty_hold_out_is_no_hindrance_where_training_images_have_absences(path):
    task, truth = drawn_task(train=160)
    seen = np.random.default_rng(2).random(truth.shape) < 0.5
    assert task.holdout.regions is not None
    nothing = task.holdout.regions[np.arange(0)]
    none = Holdout.of(task.holdout.vectors[:0], task.holdout.states[:0], nothing)
    task = replace(task, states=(np.where(truth, 1, -1) * seen).astype(np.int8), holdout=none)
    rows, _ = proposals(task, path)
    right = [
        truth[hashes(160).index(row["example_id"]), LABELS.index(row["label"])]
        for row in rows
        if row["state"] == 1
    ]
    assert np.mean(right) > truth[~seen].mean() + 0.2
    assert None not in {row["score"] for row in rows}


def test_images_of_one_part_alone_are_refused():
    task, _ = drawn_task()
    with pytest.raises(InputError, match=r"pseudo_label\.folds"):
        cross_fit(mean_head, task, ("h1",) * 90, hashes(40, 90), LABELS, folds=2)


def test_what_is_left_unknown_is_rarer_where_present_cells_were_written_down(path):
    """The mean probability is that of the cells that are left, not that of all."""
    task, truth = drawn_task(train=600, val=400)
    rows, _ = proposals(task, path, present_above=0.0, absent_below=0.0)
    left = truth & (task.states == 0)
    share = left.sum() / (task.states == 0).sum()
    assert truth.mean() > share + 0.05
    assert np.mean([row["score"] for row in rows if row["split"] == "train"]) == pytest.approx(
        share, abs=0.04
    )


def test_evidence_is_read_only_where_it_helps():
    rng = np.random.default_rng(0)
    truth = rng.random((400, 4)) < 0.3
    logits = (2 * truth + rng.normal(size=truth.shape)).astype(np.float32)
    noise = rng.normal(size=(400, 4, 2)).astype(np.float32)
    telling = noise + 2 * truth[..., None].astype(np.float32)
    part, known = np.arange(400) % 3, np.ones_like(truth)

    def fitted(evidence):
        return fit_cell_model(
            JudgedCells(logits=logits, evidence=evidence, truth=truth, known=known, part=part)
        )

    assert fitted(telling).reads_evidence
    assert fitted(telling).gain > fitted(telling).gain_error
    assert not fitted(noise).reads_evidence
