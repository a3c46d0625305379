import numpy as np
from PIL import Image

from components.search.line_drawing import line_drawing


def test_a_line_drawing_is_ink_on_white():
    scene = Image.new("RGB", (300, 200), "skyblue")
    scene.paste("darkred", (100, 60, 200, 140))
    drawing = line_drawing(scene)
    ink = np.asarray(drawing)[..., 0] == 0
    assert drawing.mode == "RGB"
    assert 0.005 < ink.mean() < 0.12
    assert np.asarray(line_drawing(Image.new("RGB", (50, 9000), "grey"))).min() == 255
