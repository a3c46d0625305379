import pytest

from serving.encoding import seen_part
from tests.serving.tiny_bundle import ColourEncoder


def test_evidence_keeps_to_what_the_encoder_sees():
    class Cropping(ColourEncoder):
        def preprocess(self, image):
            side = min(image.size)
            left, top = (image.width - side) // 2, (image.height - side) // 2
            return super().preprocess(image.crop((left, top, left + side, top + side)))

    assert seen_part(ColourEncoder(), (300, 200)) == pytest.approx((0, 0, 1, 1), abs=0.01)
    assert seen_part(Cropping(), (400, 200)) == pytest.approx((0.25, 0, 0.75, 1), abs=0.01)
    assert seen_part(Cropping(), (200, 400)) == pytest.approx((0, 0.25, 1, 0.75), abs=0.01)
