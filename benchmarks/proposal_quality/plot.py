"""Precision over recall of the proposals, one panel a protocol."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bench.entries import ENTRIES, LOOKS
from bench.proposals.plot import paint_curves
from bench.proposals.ranking import mean_precision
from bench.proposals.selection import THETAS
from benchmarks.proposal_quality.measure import Measured
from components.atomic import write_text
from project.report.drawing import draw
from project.report.style import INK, PAPER

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PANEL_IN, HEIGHT_IN = 4.2, 4.6
LABEL_OFFSETS = {0.3: (-40, -5), 0.2: (-22, -16)}
TITLES = {
    "labelled_half": "Half labelled, nothing known of the rest",
    "half_and_one": "Half labelled, one positive on the rest",
    "one_each": "One positive an image, nothing else",
}


def plot(measured: Sequence[Measured], path: Path) -> None:
    """Write the candidates that have a row in the bench as an SVG."""
    shown = [name for name in ENTRIES if any(name in each.rankings for each in measured)]

    def paint(figure: "Figure") -> None:
        panels = figure.subplots(1, len(measured), sharey=True, squeeze=False)[0]
        found: dict[str, "Artist"] = {}
        for panel, of_protocol in zip(panels, measured, strict=True):
            _paint_panel(panel, of_protocol)
            handles, titles = panel.get_legend_handles_labels()
            found |= dict(zip(titles, handles, strict=True))
        panels[0].set_ylabel("precision of the proposals")
        titles = [LOOKS[name].title for name in shown]
        figure.legend(
            [found[t] for t in titles], titles, loc="outside lower center", ncols=len(measured) + 1
        )

    drawing = draw(
        paint,
        width_in=PANEL_IN * len(measured),
        height_in=HEIGHT_IN,
        label="precision over recall of the proposals",
        looks=[LOOKS[name] for name in shown],
    )
    write_text(path, drawing.file)


def _paint_panel(panel: "Axes", measured: Measured) -> None:
    shown = {name: found for name, found in measured.rankings.items() if name in ENTRIES}
    paint_curves(panel, {name: mean_precision(found) for name, found in shown.items()})
    for theta in THETAS:
        precision, recall = (sample.value for sample in measured.softmax_at(theta))
        panel.plot(recall, precision, "o", color=INK, markersize=5, zorder=5)
        panel.annotate(
            f"θ = {theta}",
            (recall, precision),
            xytext=LABEL_OFFSETS[theta],
            textcoords="offset points",
            zorder=5,
            bbox={"facecolor": PAPER, "edgecolor": "none", "alpha": 0.85, "pad": 0.8},
        )
    panel.set(title=TITLES[measured.protocol], ylim=(0.2, 1.0))
    panel.set_xlabel("recall on images of three labels or more")
