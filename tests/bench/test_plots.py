"""What the bench's plots say, read from their letters and colours."""

import re
from xml.etree import ElementTree

import numpy as np
import pytest

from bench.compare import Difference
from bench.entries import LOOKS, OURS
from bench.interval_plots import difference_plot, interval_plot
from bench.proposals.plot import curve_plot
from bench.proposals.ranking import RECALLS
from bench.share_plot import share_plot, spread
from bench.table import Table, TableFigure
from components.metrics.bootstrap import Interval
from project.report.drawing import Drawing
from project.report.style import GREY

SHARES = ("partial:0.1", "partial:0.5", "partial:0.9")
METHODS = ("zero_shot", "vlpl", "csa", OURS)


def said(drawing: Drawing) -> list[str]:
    root = ElementTree.fromstring(drawing.file)  # noqa: S314 - drawn here
    return [text.text or "" for text in root.iter("{http://www.w3.org/2000/svg}text")]


def strokes(drawing: Drawing) -> set[str]:
    return set(re.findall(r"stroke: (#[0-9a-f]{6})", drawing.svg.partition("</style>")[2]))


@pytest.fixture
def table() -> Table:
    figures = {
        (method, protocol): TableFigure(
            value=0.4 + 0.02 * rank + 0.05 * place,
            low=0.38 + 0.02 * rank + 0.05 * place,
            high=0.42 + 0.02 * rank + 0.05 * place,
            best=method == OURS,
        )
        for rank, method in enumerate(METHODS)
        for place, protocol in enumerate(SHARES)
        if (method, protocol) != ("csa", "partial:0.9")
    }
    return Table(world="cards", metric="mAP", protocols=SHARES, methods=METHODS, figures=figures)


def difference(method: str, low: float, high: float, protocol: str = "few:0.1") -> Difference:
    return Difference(
        world="cards",
        protocol=protocol,
        metric="mAP",
        method=method,
        against="zero_shot",
        seeds=2,
        interval=Interval(mean=(low + high) / 2, low=low, high=high),
    )


def test_intervals_list_every_method_best_first_under_its_protocol(table: Table):
    words = [word for word in said(interval_plot(table)) if not re.fullmatch(r"[\d.]+", word)]
    assert words.count("CSA") == 2
    assert words.count("Efuda") == len(SHARES)
    # Names of rows come first, headings are drawn inside the plot.
    assert [word for word in words if word][:4] == ["Efuda", "CSA", "VLPL", "zero-shot"]
    assert set(SHARES) <= set(words)
    assert "0.560" in said(interval_plot(table))


def test_differences_that_hold_zero_are_grey():
    above, level = difference("vlpl", 0.01, 0.03), difference("csa", -0.01, 0.03)
    drawing = difference_plot([above, level], "cards: differences")
    assert "few:0.1: VLPL − zero-shot" in said(drawing)
    assert "+0.020" in said(drawing)
    assert LOOKS["vlpl"].colour.light in strokes(drawing)
    assert LOOKS["csa"].colour.light not in strokes(drawing)
    assert GREY.light in strokes(drawing)


def test_differences_from_one_rival_stand_under_their_protocols():
    each = [difference("vlpl", 0.01, 0.03, word) for word in ("few:0.1", "few:0.2")]
    words = said(difference_plot(each, "cards: against zero-shot", naming_rivals=False))
    assert words.count("VLPL") == 2
    assert {"few:0.1", "few:0.2"} <= set(words)
    assert not any("zero-shot" in word for word in words)


def test_shares_name_every_line_in_its_colour(table: Table):
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


def test_a_labeler_without_any_point_keeps_its_name_and_draws_nothing():
    curves = {name: np.full(RECALLS.shape, np.nan) for name in ("softmax", "cap")}
    drawing = curve_plot(curves | {"evidence": np.linspace(1, 0, len(RECALLS))}, "clip")
    assert "nan" not in drawing.svg.lower()
    assert {"softmax (VLPL)", "class proportions (CAP)", "evidence"} <= set(said(drawing))
