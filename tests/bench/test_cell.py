from dataclasses import replace

import pytest

from bench.cell import cell_key
from bench.protocols import label_task
from bench.rows import Cell
from bench.world import World
from components.methods.catalog import METHODS
from tests.bench.measuring import cell, measured_cell
from tests.bench.tiny_world import tiny_world

PROTOCOLS = ("single-positive", "partial:0.5", "few:0.2", "captions")


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


def test_keys_change_with_what_a_row_depends_on(world: World) -> None:
    clean = Cell(world="cards", protocol="partial:0.5", method="zero_shot", seed=0, holdout="clean")
    cells = [cell(), cell(seed=1), cell(method="entropy"), cell("few:0.2"), clean]
    keys = {cell_key(each, world, "code") for each in cells}
    other = cell_key(cell(), replace(world, made_of="drawn again"), "code")
    assert len(keys | {other}) == len(cells) + 1
