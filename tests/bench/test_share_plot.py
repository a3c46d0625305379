import pytest

from bench.entries import LOOKS
from bench.share_plot import share_plot, spread
from tests.bench.drawn import METHODS, said, strokes, table_of_shares


def test_shares_name_every_line_in_its_colour():
    table = table_of_shares()
    drawing = share_plot(table, "partial", "share of cells that are known")
    assert {LOOKS[name].title for name in METHODS} <= set(said(drawing))
    assert {"10 %", "50 %", "90 %"} <= set(said(drawing))
    assert {LOOKS[name].colour.light for name in METHODS} <= strokes(drawing)
    assert drawing == share_plot(table, "partial", "share of cells that are known")


@pytest.mark.parametrize(
    ("ends", "places"),
    [
        ([], []),
        ([0.2, 0.8], [0.2, 0.8]),
        ([0.0, 0.5, 0.5], [0.0, 0.5, 0.75]),
        ([0.9, 1.0, 1.0], [0.5, 0.75, 1.0]),
    ],
)
def test_names_are_moved_apart(ends: list[float], places: list[float]):
    assert spread(ends, 0.25) == pytest.approx(places)
