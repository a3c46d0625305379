import numpy as np

from bench.proposals.plot import curve_plot
from bench.proposals.ranking import RECALLS
from tests.bench.drawn import said


def test_a_labeler_without_any_point_keeps_its_name_and_draws_nothing():
    curves = {name: np.full(RECALLS.shape, np.nan) for name in ("softmax", "cap")}
    drawing = curve_plot(curves | {"evidence": np.linspace(1, 0, len(RECALLS))}, "clip")
    assert "nan" not in drawing.svg.lower()
    assert {"softmax (VLPL)", "class proportions (CAP)", "evidence"} <= set(said(drawing))
