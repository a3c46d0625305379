"""Stand-alone pictures of the plots; importing this module imports matplotlib."""

from collections.abc import Callable, Sequence
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from components.atomic import atomic_path
from pipelines.evaluate.plots import PER_CLASS, PR_CURVE, RELIABILITY, Curves

COLOURS = ("#8d8f98", "#b98a2f", "#3c8a7d", "#2c4f9e")
WIDTH_IN = 6.0
STYLE = {
    # The same figures give the same bytes, so git shows real changes only.
    "svg.hashsalt": "efuda",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
}


def draw_all(directory: Path, names: Sequence[str], drawn: Curves) -> None:
    """Write one SVG beside each table."""
    num_measured = int((~np.isnan(next(iter(drawn.per_class.values())))).sum())
    height = 1.2 + 0.14 * num_measured
    _save(directory / f"{PER_CLASS}.svg", height, lambda axes: _per_class(axes, names, drawn))
    _save(directory / f"{PR_CURVE}.svg", 4.2, lambda axes: _pr_curve(axes, drawn))
    _save(directory / f"{RELIABILITY}.svg", 4.2, lambda axes: _reliability(axes, drawn))


def _save(path: Path, height_in: float, draw: Callable[[Axes], None]) -> None:
    with mpl.rc_context(STYLE):
        figure, axes = plt.subplots(figsize=(WIDTH_IN, height_in), layout="constrained")
        draw(axes)
        axes.legend(frameon=False)
        with atomic_path(path) as temporary:
            figure.savefig(temporary, metadata={"Date": None})
        plt.close(figure)


def _per_class(axes: Axes, names: Sequence[str], drawn: Curves) -> None:
    last = list(drawn.per_class.values())[-1]
    order = np.argsort(last, kind="stable")
    order = order[~np.isnan(last[order])]  # a class without a positive has no figure
    for colour, (recipe, values) in zip(COLOURS, drawn.per_class.items(), strict=False):
        axes.plot(values[order], range(len(order)), "o", color=colour, ms=3.5, label=recipe)
    axes.set_yticks(range(len(order)), [names[label] for label in order], fontsize=7)
    axes.set(xlabel="average precision", xlim=(0, 1.02), ylim=(-1, len(order)))
    axes.grid(axis="x", alpha=0.3)


def _pr_curve(axes: Axes, drawn: Curves) -> None:
    for colour, (recipe, values) in zip(COLOURS, drawn.precision.items(), strict=False):
        axes.plot(drawn.recall, values, color=colour, label=recipe)
    axes.set(xlabel="recall, all classes", ylabel="precision", xlim=(0, 1), ylim=(0, 1.02))


def _reliability(axes: Axes, drawn: Curves) -> None:
    axes.plot([0, 1], [0, 1], ":", color="#999999")
    for colour, (recipe, bins) in zip(COLOURS, drawn.reliability.items(), strict=False):
        filled = bins.count > 0
        axes.plot(
            bins.mean_probability[filled],
            bins.share_present[filled],
            "o-",
            color=colour,
            ms=3,
            label=recipe,
        )
    axes.set(xlabel="probability", ylabel="share present", xlim=(0, 1), ylim=(0, 1.02))
