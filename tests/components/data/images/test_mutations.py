"""Whatever bytes come, there is a picture or a fault: no other exception, and no dead program."""

import contextlib
import io
from functools import cache

import numpy as np
import pillow_heif
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from components.data.images import FORMATS, ImageFault, decode_image, decoded_size

VARIANTS = {
    **{kind: (kind, {}) for kind in FORMATS},
    "progressive JPEG": ("JPEG", {"progressive": True}),
    "TIFF with LZW": ("TIFF", {"compression": "tiff_lzw"}),
    "TIFF with JPEG": ("TIFF", {"compression": "jpeg"}),
    "lossless WEBP": ("WEBP", {"lossless": True}),
    "animated WEBP": ("WEBP", {"save_all": True, "append_images": [Image.new("RGB", (48, 32))]}),
    "codestream": ("JPEG2000", {"no_jp2": True}),
}


@cache
def valid(variant: str) -> bytes:
    kind, options = VARIANTS[variant]
    pillow_heif.register_heif_opener()
    pixels = np.random.default_rng(5).integers(0, 256, (32, 48, 3), dtype=np.uint8)
    exif = Image.Exif()
    exif[0x0112] = 6
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, kind, exif=exif.tobytes(), **options)
    return file.getvalue()


@st.composite
def mutated(draw: st.DrawFn, data: bytes) -> bytes:
    """Some bytes replaced, by small or great numbers as often as by any; then perhaps cut or grown."""
    changed = bytearray(data)
    byte = st.sampled_from([0, 1, 0x7F, 0x80, 0xFF]) | st.integers(0, 255)
    # Headers lie at the front, and there the damage is worst.
    places = st.integers(0, min(len(data), 200) - 1) | st.integers(0, len(data) - 1)
    for place in draw(st.lists(places, max_size=8)):
        changed[place] = draw(byte)
    start = draw(st.integers(0, len(changed)))
    match draw(st.sampled_from(["whole", "cut", "twice", "hole"])):
        case "cut":
            del changed[start:]
        case "twice":
            changed[start:start] = changed[start : start + 64]
        case "hole":
            del changed[start : start + 16]
        case _:
            pass
    return bytes(changed)


@pytest.mark.parametrize("variant", VARIANTS)
@given(choices=st.data())
@settings(max_examples=40, deadline=None)
def test_a_damaged_file_is_a_picture_or_a_fault(variant: str, choices: st.DataObject) -> None:
    data = choices.draw(mutated(valid(variant)))
    image = picture_or_none(data)
    if image is not None:
        assert image.mode == "RGB"
        # A damaged crop of HEIF is read in one way by its header and in another by its decoder,
        # whose memory is bounded whatever a header says.
        assert variant == "HEIF" or sorted(decoded_size(data)) == sorted(image.size)


def picture_or_none(data: bytes) -> Image.Image | None:
    with contextlib.suppress(ImageFault):
        return decode_image(data)
    return None


@given(st.binary(max_size=200))
@settings(max_examples=100, deadline=None)
def test_random_bytes_are_a_fault(data: bytes) -> None:
    with pytest.raises(ImageFault):
        decode_image(data)
