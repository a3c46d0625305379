import numpy as np
import pytest
from PIL import Image, ImageDraw

from components.methods.ma_sbir.painting import PALETTE, body_of, ink_of, painted


def ring(side, gap_degrees=0):
    sheet = Image.new("L", (side, side), 255)
    corners = (side // 5, side // 5, 4 * side // 5, 4 * side // 5)
    ImageDraw.Draw(sheet).arc(corners, gap_degrees, 360, fill=0, width=max(1, side // 60))
    return sheet


@pytest.mark.parametrize("side", [60, 227, 480])
@pytest.mark.parametrize("gap_degrees", [0, 8])
def test_a_ring_is_filled_even_if_it_does_not_quite_close(side, gap_degrees):
    body = body_of(ink_of(ring(side, gap_degrees)))
    assert body[side // 2, side // 2]
    assert not body[0].any()
    assert not body[:, -1].any()
    assert body.mean() == pytest.approx(np.pi * 0.3**2, rel=0.25)


def test_lines_are_part_of_the_body_and_a_line_alone_is_all_of_it():
    ink = np.zeros((50, 40), bool)
    ink[25, 5:30] = True
    np.testing.assert_array_equal(body_of(ink), ink)


def test_a_blank_sheet_has_no_body():
    assert not body_of(np.zeros((9, 9), bool)).any()


def test_colours_go_where_they_belong():
    ink = ink_of(ring(100))
    paint = PALETTE["light on grass"]
    picture = np.asarray(painted(ink, body_of(ink), paint))
    assert tuple(picture[0, 0]) == paint.ground
    assert tuple(picture[50, 50]) == paint.body
    assert (picture[ink] == paint.ink).all()
