"""Honest pictures of many pixels are decoded, scaled down, and look as they did."""

import io

import numpy as np
import pytest
from PIL import Image

from components.data.images import KEPT_PIXELS, SENT_FILES, decode_image, decoded_size

OPTIONS = {"JPEG": {"quality": 95}, "PNG": {"compress_level": 1}}


def photograph(width: int, height: int) -> Image.Image:
    """Smooth colours that differ from side to side."""
    seed = np.random.default_rng(2).integers(0, 256, (6, 9, 3), dtype=np.uint8)
    return Image.fromarray(seed).resize((width, height), Image.Resampling.BICUBIC)


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def small(image: Image.Image) -> np.ndarray:
    return np.asarray(image.resize((96, 64), Image.Resampling.BICUBIC)).astype(int)


@pytest.mark.parametrize(
    ("kind", "size", "scale"),
    [
        ("JPEG", (5_712, 4_284), 2),
        ("JPEG", (16_000, 1_500), 2),
        ("PNG", (5_001, 3_301), 2),
        ("TIFF", (5_000, 3_300), 2),
        ("JPEG2000", (4_000, 3_000), 2),
    ],
)
def test_it_is_scaled_and_looks_the_same(kind: str, size: tuple[int, int], scale: int) -> None:
    image = photograph(*size)
    data = encoded(image, kind, **OPTIONS.get(kind, {}))
    found = decode_image(data, SENT_FILES)
    assert decoded_size(data, SENT_FILES) == size
    assert found.size == tuple(-(-side // scale) for side in size)
    assert np.abs(small(found) - small(image)).mean() < 2


def test_up_to_the_limit_nothing_is_scaled() -> None:
    image = photograph(4_000, 4_000)
    assert image.width * image.height == KEPT_PIXELS
    data = encoded(image, "JPEG", quality=80)
    expected = Image.open(io.BytesIO(data)).convert("RGB")
    assert np.array_equal(np.asarray(decode_image(data, SENT_FILES)), np.asarray(expected))


def test_it_is_turned_upright_after_it_was_scaled() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    image = photograph(5_000, 3_400)
    data = encoded(image, "JPEG", quality=95, exif=exif)
    found = decode_image(data)
    assert (decoded_size(data), found.size) == ((3_400, 5_000), (1_700, 2_500))
    assert np.abs(small(found) - small(image.transpose(Image.Transpose.ROTATE_270))).mean() < 2


def test_a_palette_with_transparency_is_laid_on_white_before_it_is_averaged() -> None:
    image = Image.new("P", (5_000, 4_000), 0)
    image.putpalette([0, 0, 0, 200, 0, 0])
    data = encoded(image, "PNG", transparency=0)
    assert decode_image(data).getextrema() == ((255, 255),) * 3
