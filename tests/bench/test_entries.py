"""Everything that the bench can compare has a row, and looks like nothing else beside it."""

from bench.entries import BASELINES, ENTRIES, LOOKS, OURS, title_of
from bench.grid import all_methods
from bench.proposals.cell import LABELERS
from bench.proposals.cross_fit import SELECTED
from bench.sketch_cell import WAYS
from components.methods.catalog import METHODS
from project.report.style import METHOD_LOOKS, PALETTE


def test_every_method_way_and_labeler_has_a_row():
    assert set(all_methods()) <= set(ENTRIES)
    assert {OURS, SELECTED} <= set(ENTRIES)


def test_the_order_is_that_of_the_catalog():
    assert [name for name in ENTRIES if name in METHODS] == list(METHODS)


def test_methods_are_called_and_drawn_as_in_the_report():
    for name, row in METHODS.items():
        assert title_of(name) == row.title
        assert LOOKS[name] == METHOD_LOOKS[name]


def test_what_shares_a_plot_can_be_told_apart():
    for together in (WAYS, LABELERS, tuple(METHODS)):
        for part in (lambda look: look.colour, lambda look: look.marker, lambda look: look.title):
            assert len({part(LOOKS[name]) for name in together}) == len(together)


def test_a_light_colour_has_one_dark_one():
    pairs = {*PALETTE.values(), *(row.colour for row in ENTRIES.values())}
    assert len(pairs) == len({pair.light for pair in pairs})


def test_baselines_are_those_of_the_rows():
    untrained = [name for name, row in METHODS.items() if not row.is_trained]
    assert ("raw", *untrained, "assume_negative", "ignore_unknown", "softmax") == BASELINES
