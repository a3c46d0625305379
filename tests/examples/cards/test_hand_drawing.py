import numpy as np

from examples.cards.hand_drawing import SIDE_PX, hand_drawing, sheet_of
from examples.cards.scenes import SCENE_PX

FISH, UMBRELLA = "1F41F", "2602"


def test_drawings_differ_and_follow_their_seed() -> None:
    drawings = [np.asarray(hand_drawing(FISH, np.random.default_rng(n))) for n in range(12)]
    again = np.asarray(hand_drawing(FISH, np.random.default_rng(0)))
    assert np.array_equal(drawings[0], again)
    assert len({drawing.tobytes() for drawing in drawings}) == len(drawings)
    for drawing in drawings:
        assert drawing.shape == (SIDE_PX, SIDE_PX, 4)
        assert 0.01 < (drawing[..., 3] > 128).mean() < 0.9


def test_strokes_are_of_different_widths() -> None:
    inked = []
    for number in range(40):
        drawing = np.asarray(hand_drawing(UMBRELLA, np.random.default_rng(number)))
        inked.append((drawing[..., 3] > 128).mean())
    low, high = np.quantile(inked, [0.1, 0.9])
    assert high > 2 * low


def test_a_sheet_tells_whose_each_place_is() -> None:
    places = [(FISH, 60.0, (40.0, 40.0)), (UMBRELLA, 60.0, (115.0, 110.0))]
    pixels, owners = sheet_of(np.random.default_rng(1), places)
    assert pixels.shape == (SCENE_PX, SCENE_PX, 3)
    assert owners[40, 40] == 1
    assert owners[110, 115] == 2
    assert owners[10, 150] == 0
