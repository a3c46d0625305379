"""HEIC, AVIF and JPEG 2000: the formats of phones and of newer sites."""

import io

import numpy as np
import pillow_heif
import pytest
from PIL import Image

from components.data.images import IMAGE_EXTENSIONS, decode_image, decoded_size, format_of

KINDS = ("HEIF", "AVIF", "JPEG2000")
ORIENTATION = 0x0112


def picture() -> Image.Image:
    """Dark, with one bright quarter at the top left."""
    pixels = np.full((64, 128, 3), 20, np.uint8)
    pixels[:32, :64] = (250, 240, 230)
    return Image.fromarray(pixels)


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    pillow_heif.register_heif_opener()
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def corner(image: Image.Image, column: int, row: int) -> int:
    return int(np.asarray(image)[:: image.height - 1, :: image.width - 1][row, column].mean())


@pytest.mark.parametrize("kind", KINDS)
def test_pixels_are_those_that_were_saved(kind: str) -> None:
    data = encoded(picture(), kind)
    image = decode_image(data)
    assert format_of(data) == kind
    assert (image.mode, image.size, decoded_size(data)) == ("RGB", (128, 64), (128, 64))
    assert np.abs(np.asarray(image).astype(int) - np.asarray(picture())).mean() < 4


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["HEIF", "AVIF"])
def test_a_rotated_phone_photograph_is_upright_once(kind: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    data = encoded(picture(), kind, exif=exif.tobytes())
    image = decode_image(data)
    assert image.size == decoded_size(data) == ((128, 64) if orientation < 5 else (64, 128))
    # Where the stored top left corner goes, as (column, row).
    place = [(0, 0), (1, 0), (1, 1), (0, 1), (0, 0), (1, 0), (1, 1), (0, 1)][orientation - 1]
    bright = {spot for spot in np.ndindex(2, 2) if corner(image, *spot) > 128}
    assert bright == {place}


@pytest.mark.parametrize("kind", KINDS)
def test_transparency_is_laid_on_white(kind: str) -> None:
    clear = Image.new("RGBA", (64, 64), (0, 0, 0, 0))
    assert np.asarray(decode_image(encoded(clear, kind))).min() > 250


def test_ten_bits_a_channel_become_eight() -> None:
    ramp = np.linspace(0, 65_535, 64 * 64 * 3).astype(np.uint16)
    heif = pillow_heif.from_bytes("RGB;16", (64, 64), ramp.tobytes())
    file = io.BytesIO()
    heif.save(file, quality=-1)
    assert pillow_heif.open_heif(file.getvalue(), convert_hdr_to_8bit=False).info["bit_depth"] == 10
    found = np.asarray(decode_image(file.getvalue())).astype(int).ravel()
    assert np.abs(found - ramp // 257).mean() < 3


@pytest.mark.parametrize("kind", ["HEIF", "AVIF"])
def test_a_sequence_gives_its_first_picture(kind: str) -> None:
    first, second = (Image.new("RGB", (64, 64), colour) for colour in ("red", "blue"))
    data = encoded(first, kind, save_all=True, append_images=[second])
    red, _, blue = np.asarray(decode_image(data)).mean(axis=(0, 1))
    assert red > 200 > 50 > blue


def test_a_file_that_calls_itself_general_is_known_by_what_it_is_compatible_with() -> None:
    start = b"\x00\x00\x00\x1cftypmif1\x00\x00\x00\x00mif1"
    assert format_of(start + b"avifmiaf") == "AVIF"
    assert format_of(start + b"heicmiaf") == "HEIF"
    assert format_of(b"\x00\x00\x00\x14ftypisom\x00\x00\x00\x00mp41") is None


def test_extensions_are_small_letters_behind_a_dot() -> None:
    assert {".heic", ".heif", ".avif", ".jp2", ".jpg"} <= IMAGE_EXTENSIONS
    assert all(ending == ending.lower() and ending[0] == "." for ending in IMAGE_EXTENSIONS)
