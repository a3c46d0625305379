"""Precision over recall of the proposals."""

from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")
import matplotlib.pyplot as plt

from bench.proposals.curves import RECALLS, mean_precision
from bench.proposals.ranked import SELECTED
from bench.proposals.selection import THETAS
from benchmarks.proposal_quality.measure import Measured
from components.atomic import atomic_path

STYLES: dict[str, tuple[str, str, str]] = {
    "softmax": ("softmax (VLPL)", "#444444", "-"),
    "platt": ("calibrated per class", "#9a6f00", "-"),
    "cap": ("class proportions (CAP)", "#9a6f00", "--"),
    "f_beta": ("F-beta per class (MAT)", "#9a6f00", ":"),
    "plain_logistic": ("logistic, scores and prior", "#2a78b5", "-"),
    "plain_context": ("… with co-occurrence", "#2a78b5", "--"),
    "prototype:20": ("prototypes", "#7a4fa3", "-"),
    "evidence": ("evidence, default settings", "#c0392b", "-"),
    "evidence_f_beta": ("evidence with F-beta", "#c0392b", ":"),
    "evidence_cap": ("evidence with CAP", "#c0392b", "--"),
    SELECTED: ("evidence, chosen on the labelled half", "#0b7a53", "-"),
}
LABEL_OFFSETS = {0.3: (-40, -5), 0.2: (-22, -16)}
TITLES = {
    "labelled_half": "Half labelled, nothing known of the rest",
    "half_and_one": "Half labelled, one positive on the rest",
    "one_each": "One positive an image, nothing else",
}


def plot(measured: list[Measured], path: Path) -> None:
    """Write one panel a protocol; the ending of ``path`` gives the format."""
    figure, panels = plt.subplots(
        1, len(measured), figsize=(5.2 * len(measured), 4.9), sharey=True, squeeze=False
    )
    for panel, of_protocol in zip(panels[0], measured, strict=True):
        _panel(panel, of_protocol)
    panels[0][0].set_ylabel("precision of the proposals")
    handles, labels = panels[0][0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="lower center", ncols=4, frameon=False, fontsize=9)
    figure.tight_layout(rect=(0, 0.14, 1, 1))
    mpl.rcParams["svg.hashsalt"] = "proposals"
    with atomic_path(path) as temporary:
        kind = path.suffix.lstrip(".") or "svg"
        metadata = {"Date": None} if kind == "svg" else None
        figure.savefig(temporary, format=kind, metadata=metadata)
    plt.close(figure)


def _panel(panel: plt.Axes, measured: Measured) -> None:
    for name, (label, colour, line) in STYLES.items():
        if name in measured.rankings:
            panel.plot(
                RECALLS,
                mean_precision(measured.rankings[name]),
                line,
                color=colour,
                label=label,
                linewidth=1.7,
            )
    for theta in THETAS:
        precision, recall = (sample.value for sample in measured.softmax_at(theta))
        panel.plot(recall, precision, "o", color="#444444", markersize=5)
        panel.annotate(
            f"θ = {theta}",
            (recall, precision),
            xytext=LABEL_OFFSETS[theta],
            textcoords="offset points",
            fontsize=9,
        )
    panel.set_title(TITLES[measured.protocol], fontsize=11)
    panel.set_xlabel("recall on images of three labels or more")
    panel.set_xlim(0, RECALLS[-1])
    panel.set_ylim(0.2, 1.0)
    panel.grid(alpha=0.25)
