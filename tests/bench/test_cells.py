"""Cells, rows and what they may know."""

from dataclasses import replace

import numpy as np
import pytest

from bench.cell import Measured, cell_key, keep, measure_cell
from bench.protocols import check_protocol, label_task
from bench.rows import Cell, read_row, row_path, scores_path
from bench.sketch_cell import draw_queries, unseen_sets
from bench.world import World, open_world
from components.errors import ArtefactError, InputError
from components.labels.hiding import mask_hash
from components.labels.matrix import LabelMatrix
from components.methods.catalog import METHODS
from tests.bench.tiny_world import tiny_world

PROTOCOLS = ("single-positive", "partial:0.5", "few:0.2", "captions")


def cell(protocol: str = "partial:0.5", method: str = "zero_shot", seed: int = 0) -> Cell:
    return Cell(world="cards", protocol=protocol, method=method, seed=seed)


def measured_cell(cell: Cell, world: World) -> Measured:
    return measure_cell(cell, world, key=cell_key(cell, world, "code"), code="code")


@pytest.fixture(scope="module")
def world(world_folder) -> World:
    return open_world(world_folder)


def test_a_saved_world_is_the_same_world(world: World) -> None:
    drawn = tiny_world()
    assert world.identity == drawn.identity
    assert world.split_hash == drawn.split_hash
    for split, part in drawn.parts.items():
        np.testing.assert_array_equal(world.parts[split].states, part.states)
        np.testing.assert_array_equal(world.parts[split].views, part.views)
        np.testing.assert_array_equal(world.parts[split].regions[1], part.regions[1])
    assert world.captions is not None
    assert drawn.captions is not None
    np.testing.assert_array_equal(world.captions.tags.object_tags, drawn.captions.tags.object_tags)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_every_protocol_gives_complete_rows(world: World, protocol: str) -> None:
    check_row(world, protocol, "ignore_unknown")


@pytest.mark.slow
@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("method", METHODS)
def test_every_method_gives_complete_rows(world: World, protocol: str, method: str) -> None:
    check_row(world, protocol, method)


def check_row(world: World, protocol: str, method: str) -> None:
    measured = measured_cell(cell(protocol, method), world)
    row = measured.row
    if not row.is_ok:  # a method that needs captions says so where there are none
        assert "caption" in row.status
        assert protocol != "captions"
        return
    for name in ("mAP", "mAP_many", "mAP_few", "mAP_images", "CF1", "OF1"):
        assert 0 <= row.metrics[name] <= 1
    for name in ("mAP", "mAP_many", "mAP_few", "CF1", "OF1"):
        assert measured.arrays[f"draws_{name}"].shape == (1000,)
    assert measured.arrays["logits"].shape == (60, 12)
    assert len(row.mask_hash) == len(row.split_hash) == 64
    assert row.features == "cached"


@pytest.mark.slow
@pytest.mark.parametrize("method", METHODS)
def test_without_regions_a_method_works_or_says_what_it_needs(method: str) -> None:
    row = measured_cell(cell(method=method), tiny_world(regions=False)).row
    if not row.is_ok:
        assert row.status.startswith("not applicable: ")
        assert "region" in row.status or "caption" in row.status


@pytest.mark.parametrize(
    "method", ["raw", "centred", pytest.param("ma_sbir", marks=pytest.mark.slow), "efuda"]
)
def test_sketches_find_photographs_of_unseen_classes(world: World, method: str) -> None:
    measured = measured_cell(cell("sketch", method), world)
    assert measured.row.is_ok, measured.row.status
    metrics = measured.row.metrics
    assert 0 < metrics["mAP_all"] <= metrics["mAP_all_interpolated"] <= 1
    assert measured.arrays["draws_mAP_all"].shape == (1000,)


def test_worlds_that_lack_what_a_protocol_needs_say_so() -> None:
    bare = tiny_world(captions=False, sketches=False)
    assert "no captions" in measured_cell(cell("captions"), bare).row.status
    assert "no sketches" in measured_cell(cell("sketch", "raw"), bare).row.status


def test_nothing_known_is_nothing_to_learn_from(world: World) -> None:
    empty = next(
        seed
        for seed in range(500)
        if not label_task(world, "few:0.01", seed=seed, holdout="observed").task.states.any()
    )
    row = measured_cell(cell("few:0.01", "ignore_unknown", empty), world).row
    assert "leaves no label known" in row.status
    assert measured_cell(cell("few:0.01", "zero_shot", empty), world).row.is_ok


def test_masks_are_shared_by_methods_and_differ_by_seed(world: World) -> None:
    hashes = {
        (method, seed): measured_cell(cell(method=method, seed=seed), world).row.mask_hash
        for method in ("zero_shot", "ignore_unknown")
        for seed in (0, 1)
    }
    assert hashes["zero_shot", 0] == hashes["ignore_unknown", 0]
    assert hashes["zero_shot", 0] != hashes["zero_shot", 1]


@pytest.mark.parametrize("word", ["single-positive", "partial:0.3", "few:0.2"])
def test_the_holdout_is_hidden_from_as_training_is(world: World, word: str) -> None:
    found = label_task(world, word, seed=3, holdout="observed")
    truth = np.concatenate([world.parts["train"].states, world.parts["val"].states])
    states = np.concatenate([found.task.states, found.task.holdout.states])
    known = states != 0
    np.testing.assert_array_equal(states[known], truth[known])
    shares = [(part != 0).mean() for part in (found.task.states, found.task.holdout.states)]
    assert shares[1] < 0.6
    assert abs(shares[0] - shares[1]) < 0.15
    ids = (*world.parts["train"].ids, *world.parts["val"].ids)
    assert found.mask_hash == mask_hash(LabelMatrix(ids, world.vocabulary, states))


def test_a_clean_holdout_keeps_its_labels_and_changes_the_mask_hash(world: World) -> None:
    clean = label_task(world, "single-positive", seed=0, holdout="clean")
    hidden = label_task(world, "single-positive", seed=0, holdout="observed")
    np.testing.assert_array_equal(clean.task.states, hidden.task.states)
    np.testing.assert_array_equal(clean.task.holdout.states, world.parts["val"].states)
    assert clean.mask_hash != hidden.mask_hash


def test_captions_know_nothing_to_be_absent(world: World) -> None:
    found = label_task(world, "captions", seed=0, holdout="observed")
    assert set(np.unique(found.task.states)) == {0, 1}
    assert found.task.captions is not None
    assert label_task(world, "few:0.2", seed=0, holdout="observed").task.captions is None


def test_a_row_comes_back_from_disk(world: World, tmp_path) -> None:
    measured = measured_cell(cell(), world)
    keep(tmp_path, measured)
    assert read_row(row_path(tmp_path, measured.row.key)) == measured.row
    with np.load(scores_path(tmp_path, measured.row.key), allow_pickle=False) as kept:
        assert set(kept.files) == set(measured.arrays)
    row_path(tmp_path, "broken").write_text('{"schema_version": 1}')
    with pytest.raises(ArtefactError, match="no row of the bench"):
        read_row(row_path(tmp_path, "broken"))


def test_keys_change_with_what_a_row_depends_on(world: World) -> None:
    clean = Cell(world="cards", protocol="partial:0.5", method="zero_shot", seed=0, holdout="clean")
    cells = [cell(), cell(seed=1), cell(method="entropy"), cell("few:0.2"), clean]
    keys = {cell_key(each, world, "code") for each in cells}
    other = cell_key(cell(), replace(world, made_of="drawn again"), "code")
    assert len(keys | {other}) == len(cells) + 1


@pytest.mark.parametrize("word", ["captions", "sketch", "partial:0.50", "few:0.1"])
def test_protocol_words(word: str) -> None:
    assert check_protocol(word) == word.replace("0.50", "0.5")


@pytest.mark.parametrize("word", ["partial", "everything", "few:2", "single-positive@cole"])
def test_wrong_protocol_words_are_refused(word: str) -> None:
    with pytest.raises(InputError, match=r"use|needs"):
        check_protocol(word)


def test_small_worlds_leave_out_every_pair_and_large_ones_a_share() -> None:
    assert len(unseen_sets(np.arange(7), 0)) == 21
    (first,), (second,) = unseen_sets(np.arange(50), 0), unseen_sets(np.arange(50), 1)
    assert len(first) == len(second) == 10
    assert first != second
    assert unseen_sets(np.arange(50), 0) == [first]


def test_queries_are_drawn_class_by_class() -> None:
    classes = np.array([0, 0, 0, 1, 1, 1, 2, 2, 2])
    weights = draw_queries(classes, seed=0)
    by_class = np.stack([weights[:, classes == c].sum(axis=1) for c in range(3)], axis=1)
    assert (by_class.sum(axis=1) == 9).all()
    assert (by_class % 3 == 0).all()
