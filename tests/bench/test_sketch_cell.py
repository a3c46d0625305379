import numpy as np
import pytest

from bench.sketch_cell import draw_queries, unseen_sets
from bench.world import World
from tests.bench.measuring import cell, measured_cell


@pytest.mark.parametrize(
    "method", ["raw", "centred", pytest.param("ma_sbir", marks=pytest.mark.slow), "efuda"]
)
def test_sketches_find_photographs_of_unseen_classes(world: World, method: str) -> None:
    measured = measured_cell(cell("sketch", method), world)
    assert measured.row.is_ok, measured.row.status
    metrics = measured.row.metrics
    assert 0 < metrics["mAP_all"] <= metrics["mAP_all_interpolated"] <= 1
    assert measured.arrays["draws_mAP_all"].shape == (1000,)


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
