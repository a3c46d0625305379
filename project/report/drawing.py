"""Plots as SVG that reads well on light and on dark ground.

A plot is drawn once, in the light colours. A style sheet inside it exchanges them for the
dark ones where the reader's ground is dark; programs that know no such rules show the light
plot.
"""

import io
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from components.methods.catalog import Colour
from project.report.style import PALETTE, PAPER, RULES, Look

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_NO_METADATA = dict.fromkeys(("Date", "Creator", "Format", "Type"))
_OWN_STYLE = re.compile(r"<defs>\s*<style type=\"text/css\">\*\{(.*?)\}</style>\s*</defs>", re.S)
_GROUP_ID = re.compile(r" id=\"[\w.]+_\d+\"")
"""Names of axes and ticks, which would occur again in the next plot of a page."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """A plot as an ``svg`` element."""

    svg: str

    @property
    def inline(self) -> Markup:
        """For a page: on the page's own ground."""
        return Markup(self.svg)  # noqa: S704 - matplotlib escapes text, and the label is escaped

    @property
    def file(self) -> str:
        """For a file: on its own ground, since nobody knows what will be behind it."""
        start, style, rest = self.svg.partition("</style>")
        ground = f'<rect width="100%" height="100%" style="fill: {PAPER}"/>'
        return f'<?xml version="1.0" encoding="utf-8"?>\n{start}{style}{ground}{rest}\n'


def draw(
    paint: Callable[["Figure"], None],
    *,
    width_in: float,
    height_in: float,
    label: str,
    looks: Iterable[Look] = (),
) -> Drawing:
    """A plot in the project's style; the same input gives the same bytes.

    Args:
        paint: Draws on an empty figure, whose parts are moved apart afterwards.
        width_in: Of the whole, in inches; a page shows 96 pixels an inch or fewer.
        height_in: Of the whole.
        label: What the plot shows, for those who cannot see it; unlike that of other plots
            of a page.
        looks: Whose colours are used besides the page's.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    buffer = io.StringIO()
    with mpl.rc_context():
        mpl.rcdefaults()  # the reader's own settings are not the project's
        mpl.rcParams.update({**RULES, "svg.hashsalt": label})
        figure = Figure(figsize=(width_in, height_in), layout="constrained")
        paint(figure)
        figure.savefig(buffer, format="svg", metadata=_NO_METADATA)
    return Drawing(_styled(buffer.getvalue(), label, [each.colour for each in looks]))


def _styled(svg: str, label: str, colours: Iterable[Colour]) -> str:
    svg = _GROUP_ID.sub("", svg[svg.index("<svg") :].rstrip())
    head = f'<svg class="plot" role="img" aria-label="{escape(label)}"'
    svg = svg.replace("<svg", head, 1)
    dark = {each.light: each.dark for each in (*PALETTE.values(), *colours)}
    # No ancestor in the selectors: markers are copies outside of the tree that they stand in.
    rules = "".join(
        f'[style*="{paint}: {light}"] {{ {paint}: {dark[light]} !important }}\n'
        for light in dark
        for paint in ("fill", "stroke")
        # The ground is used by files alone, and not painted yet.
        if f"{paint}: {light}" in svg or (light, paint) == (PAPER, "fill")
    )
    style = f"<style>.plot * {{\\1}}\n@media (prefers-color-scheme: dark) {{\n{rules}}}</style>"
    return _OWN_STYLE.sub(style, svg, count=1)
