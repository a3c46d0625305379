"""A plot is the same wherever it is drawn, and reads on light and on dark ground."""

import re
from xml.etree import ElementTree

import matplotlib as mpl
import pytest
from matplotlib.figure import Figure

from components.methods.catalog import Colour
from project.report.drawing import Drawing, draw
from project.report.style import PAPER, Look

PINK = Look(title="rose & <thorn>", colour=Colour("#c2588f", "#f09ac6"), marker="s")


def line_of(look: Look = PINK, label: str = "a line") -> Drawing:
    def paint(figure: Figure) -> None:
        axes = figure.subplots()
        axes.plot([0, 1], [1, 0], **look.line(strong=True))
        axes.legend()

    return draw(paint, width_in=3, height_in=2, label=label, looks=[look])


def test_the_same_plot_has_the_same_bytes_whatever_the_reader_has_set():
    first = line_of().file
    with mpl.rc_context({"axes.grid": False, "font.size": 20}):
        assert line_of().file == first
        assert mpl.rcParams["font.size"] == 20


def test_light_colours_are_exchanged_on_dark_ground():
    rules = line_of().svg.partition("prefers-color-scheme: dark")[2].partition("</style>")[0]
    assert '[style*="stroke: #c2588f"] { stroke: #f09ac6 !important }' in rules
    assert "#7d4a9e" not in rules  # a colour that is not drawn


def test_a_page_gives_the_ground_and_a_file_brings_its_own():
    drawing = line_of()
    ground = f'<rect width="100%" height="100%" style="fill: {PAPER}"/>'
    assert ground in drawing.file
    assert ground not in drawing.inline
    assert "<metadata>" not in drawing.file
    assert drawing.inline.startswith("<svg")


@pytest.mark.parametrize("label", ["a line", 'said "so" & <more>'])
def test_names_are_escaped(label: str):
    root = ElementTree.fromstring(line_of(label=label).file)  # noqa: S314 - drawn here
    assert root.get("aria-label") == label
    assert "rose & <thorn>" in "".join(root.itertext())


def test_plots_of_one_page_share_no_id():
    def ids(label: str) -> set[str]:
        return set(re.findall(r'\bid="([^"]+)"', line_of(label=label).svg))

    assert ids("a line")
    assert not ids("a line") & ids("another line")
