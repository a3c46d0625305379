import re

from bench.compare import Difference
from bench.entries import LOOKS
from bench.interval_plots import difference_plot, interval_plot
from components.metrics.bootstrap import Interval
from project.report.style import GREY
from tests.bench.drawn import SHARES, said, strokes, table_of_shares


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


def test_intervals_list_every_method_best_first_under_its_protocol():
    table = table_of_shares()
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
