"""How everything that is drawn looks: one palette, one set of line and letter rules.

Pages and plots take their colours from here, and those of methods from the catalog. Each
colour is a pair: one for light ground, one for dark.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from markupsafe import Markup

from components.methods.catalog import METHODS, Colour

PALETTE: Mapping[str, Colour] = {
    "paper": Colour("#fbfaf6", "#16171b"),
    "card": Colour("#ffffff", "#1f2126"),
    "ink": Colour("#23252b", "#e9e7e1"),
    "soft": Colour("#6a6d76", "#a2a4ac"),
    "line": Colour("#e3dfd5", "#34363d"),
    "one": Colour("#2c4f9e", "#8fabf0"),
    "two": Colour("#b98a2f", "#e0b865"),
    "three": Colour("#3c8a7d", "#75c7b7"),
    "bad": Colour("#b5381f", "#ff9a83"),
    "bad-soft": Colour("#fbe9e4", "#43231c"),
    "warn": Colour("#8f6306", "#eec46c"),
    "warn-soft": Colour("#fbf1d9", "#3b3018"),
    "good": Colour("#2c7a4b", "#86d3a2"),
    "good-soft": Colour("#e3f2e8", "#1d3527"),
}
"""Of pages, by the name that their style sheet uses; plots share ground, ink and lines."""

PAPER, INK, SOFT, LINE = (PALETTE[name].light for name in ("paper", "ink", "soft", "line"))
"""What plots are drawn in; see :mod:`project.report.drawing` for dark ground."""

RULES: Mapping[Any, Any] = {
    # Letters stay letters, which can be searched, read aloud and copied. Verdana is as wide as
    # DejaVu Sans, by which the places are computed.
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.sans-serif": ("DejaVu Sans", "Verdana", "sans-serif"),
    "font.size": 9,
    "text.color": INK,
    "axes.labelcolor": SOFT,
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "axes.facecolor": "none",
    "axes.edgecolor": LINE,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid": True,
    "grid.color": LINE,
    "grid.linewidth": 0.8,
    "xtick.color": LINE,
    "ytick.color": LINE,
    "xtick.labelcolor": SOFT,
    "ytick.labelcolor": SOFT,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "figure.facecolor": "none",
    "figure.constrained_layout.w_pad": 0.1,
    "figure.constrained_layout.h_pad": 0.1,
    "legend.frameon": False,
    "legend.handlelength": 3,
}
"""Settings of matplotlib that every plot is drawn with."""

MARKERS = ("o", "s", "^", "D", "v", "<", ">", "P", "X", "*", "p", "h", "d")
BASELINE_DASHES = ((1, 1.6), (5, 2), (5, 1.6, 1, 1.6))
GREY = METHODS["zero_shot"].colour


class TitledRow(Protocol):
    """Of a table of what is compared."""

    @property
    def name(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def colour(self) -> Colour: ...
    @property
    def is_baseline(self) -> bool: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """How one thing among several is drawn, the same in every plot.

    Its marker and dashes tell it apart for readers who cannot tell the colours.
    """

    title: str
    colour: Colour = GREY
    marker: str = "o"
    dashes: tuple[float, ...] | None = None
    """Lengths of strokes and gaps in line widths; None draws through."""

    def line(self, *, strong: bool = False) -> dict[str, Any]:
        """Arguments of matplotlib's ``plot``; strong is thicker and in front."""
        return {
            "color": self.colour.light,
            "linestyle": (0, self.dashes) if self.dashes and not strong else "-",
            "linewidth": 2.8 if strong else 1.5,
            "zorder": 4 if strong else 3,
            **self.points(strong=strong),
            "label": self.title,
        }

    def points(self, *, strong: bool = False) -> dict[str, Any]:
        """The part of :meth:`line` about markers; a rim of paper parts those that touch."""
        size = (7.5 if strong else 5.5) * (1.5 if self.marker == "*" else 1.0)
        return {
            "marker": self.marker,
            "markersize": size,
            "markerfacecolor": self.colour.light,
            "markeredgecolor": PAPER,
            "markeredgewidth": 0.6,
        }


def looks(rows: Iterable[TitledRow]) -> dict[str, Look]:
    """One look a row of a table, told apart by their places in it."""
    found: dict[str, Look] = {}
    for place, row in enumerate(rows):
        dashes = BASELINE_DASHES[place % len(BASELINE_DASHES)] if row.is_baseline else None
        marker = MARKERS[place % len(MARKERS)]
        found[row.name] = Look(title=row.title, colour=row.colour, marker=marker, dashes=dashes)
    return found


METHOD_LOOKS: Mapping[str, Look] = looks(METHODS.values())


def method_look(name: str) -> Look:
    """Of a method; of a tagger whose method has left the catalog, grey under its own name."""
    return METHOD_LOOKS.get(name) or Look(title=name)


def colour_variables(colours: Mapping[str, Colour], prefix: str = "") -> Markup:
    """CSS variables ``--NAME`` of each colour, for light and for dark ground."""
    light, dark = (
        " ".join(f"--{prefix}{name}: {getattr(each, ground)};" for name, each in colours.items())
        for ground in ("light", "dark")
    )
    return Markup(  # noqa: S704 - names and colours are the code's own
        f":root {{ {light} }}\n@media (prefers-color-scheme: dark) {{ :root {{ {dark} }} }}"
    )
