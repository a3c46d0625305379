import copy
import io
import struct
import warnings
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from components.data.images import ImageFault, decode_image, decoded_size
from components.data.quarantine_reasons import ImageReason


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def png_header(width: int, height: int) -> bytes:
    """A PNG that announces a size and holds almost nothing."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        checksum = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", checksum)

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IDAT", zlib.compress(b"\0" * 64))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + body + chunk(b"IEND", b"")


def noise(width: int = 40, height: int = 24) -> Image.Image:
    pixels = np.random.default_rng(3).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return Image.fromarray(pixels)


def reason_of(source: Path | bytes) -> ImageReason:
    with pytest.raises(ImageFault) as caught:
        decode_image(source)
    assert caught.value.detail
    return caught.value.reason


def pixel(image: Image.Image, place: tuple[int, int]) -> tuple[int, ...]:
    colour = image.getpixel(place)
    assert isinstance(colour, tuple)
    return colour


def colour_of(data: bytes) -> tuple[int, ...]:
    image = decode_image(data)
    assert image.mode == "RGB"
    return pixel(image, (0, 0))


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "GIF", "JPEG", "WEBP"])
def test_every_format_gives_rgb(kind: str) -> None:
    image = decode_image(encoded(noise(), kind))
    assert (image.mode, image.size) == ("RGB", (40, 24))


def test_lossless_formats_keep_the_pixels() -> None:
    for kind in ("PNG", "BMP", "TIFF"):
        assert np.array_equal(np.asarray(decode_image(encoded(noise(), kind))), np.asarray(noise()))


def test_content_decides_not_the_name(tmp_path: Path) -> None:
    path = tmp_path / "really-a-png.jpg"
    path.write_bytes(encoded(noise(), "PNG"))
    assert decode_image(path).size == (40, 24)


def test_cmyk_becomes_rgb() -> None:
    red = Image.new("CMYK", (8, 8), (0, 255, 255, 0))
    pixel = colour_of(encoded(red, "JPEG", quality=95))
    assert pixel[0] > 200
    assert max(pixel[1:]) < 60


def test_16_bit_grey_is_scaled_not_clipped() -> None:
    ramp = np.array([[0, 257, 32_768, 65_535]], dtype=np.uint16)
    for kind in ("PNG", "TIFF"):
        image = decode_image(encoded(Image.fromarray(ramp), kind))
        assert np.asarray(image)[0, :, 0].tolist() == [0, 1, 128, 255]


def test_palette() -> None:
    image = Image.new("P", (4, 4), 1)
    image.putpalette([0, 0, 0, 10, 200, 30])
    assert colour_of(encoded(image, "PNG")) == (10, 200, 30)


def test_transparency_is_laid_on_white() -> None:
    clear = Image.new("RGBA", (4, 4), (0, 0, 0, 0))
    half = Image.new("LA", (4, 4), (0, 128))
    keyed = Image.new("P", (4, 4), 0)
    keyed.putpalette([0, 0, 0])
    assert colour_of(encoded(clear, "PNG")) == (255, 255, 255)
    assert colour_of(encoded(half, "PNG"))[0] == pytest.approx(127, abs=1)
    assert colour_of(encoded(keyed, "PNG", transparency=0)) == (255, 255, 255)
    keyed_rgb = encoded(Image.new("RGB", (4, 4), (9, 9, 9)), "PNG", transparency=(9, 9, 9))
    assert colour_of(keyed_rgb) == (255, 255, 255)


def test_bilevel_and_grey() -> None:
    assert colour_of(encoded(Image.new("1", (4, 4), 1), "PNG")) == (255, 255, 255)
    assert colour_of(encoded(Image.new("L", (4, 4), 77), "PNG")) == (77, 77, 77)


def test_animation_gives_its_first_frame() -> None:
    first, second = (
        Image.new("RGB", (4, 4), (255, 0, 0)),
        Image.new("RGB", (4, 4), (0, 0, 255)),
    )
    for kind in ("GIF", "PNG", "TIFF"):
        data = encoded(first, kind, save_all=True, append_images=[second])
        assert colour_of(data) == (255, 0, 0)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_exif_orientation_is_applied(kind: str, orientation: int) -> None:
    # The stored picture has one bright corner; upright, it belongs top left.
    corners = {
        1: (0, 0),
        2: (1, 0),
        3: (1, 1),
        4: (0, 1),
        5: (0, 0),
        6: (0, 1),
        7: (1, 1),
        8: (1, 0),
    }
    column, row = corners[orientation]
    pixels = np.zeros((32, 64, 3), dtype=np.uint8)
    pixels[row * 16 : row * 16 + 16, column * 32 : column * 32 + 32] = 255
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encoded(Image.fromarray(pixels), kind, exif=exif)
    image = decode_image(data)
    assert image.size == ((64, 32) if orientation < 5 else (32, 64)) == decoded_size(data)
    assert pixel(image, (4, 4))[0] > 200
    assert pixel(image, (image.width - 4, image.height - 4))[0] < 50


def test_damaged_metadata_does_not_cost_the_picture() -> None:
    data = encoded(noise(), "JPEG")
    segment = b"Exif\0\0II*\0\x08\0\0\0\x05\0\x12\x01\x03\0\xff\xff\xff\xff"
    marker = b"\xff\xe1" + struct.pack(">H", len(segment) + 2) + segment
    assert decode_image(data[:2] + marker + data[2:]).size == (40, 24)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "BMP", "WEBP", "TIFF"])
@pytest.mark.parametrize("share", [0.05, 0.5, 0.9])
def test_truncated(kind: str, share: float) -> None:
    data = encoded(noise(200, 150), kind)
    assert reason_of(data[: max(12, int(len(data) * share))]) == ImageReason.TRUNCATED


def test_empty_missing_and_foreign_files(tmp_path: Path) -> None:
    empty, text = tmp_path / "empty.jpg", tmp_path / "text.jpg"
    empty.touch()
    text.write_text("no picture at all")
    assert reason_of(empty) == ImageReason.EMPTY
    assert reason_of(b"") == ImageReason.EMPTY
    assert reason_of(text) == ImageReason.NOT_AN_IMAGE
    assert reason_of(tmp_path / "absent.jpg") == ImageReason.MISSING_FILE
    assert reason_of(tmp_path) == ImageReason.UNREADABLE
    assert reason_of(Path("nul\0byte.jpg")) == ImageReason.UNREADABLE


def test_a_pixel_bomb_is_refused_from_its_header() -> None:
    # 1.6 thousand million pixels; 12,000 x 9,000 lies where Pillow only warns.
    for width, height in ((40_000, 40_000), (12_000, 9_000)):
        assert reason_of(png_header(width, height)) == ImageReason.TOO_MANY_PIXELS
        with pytest.raises(ImageFault, match="too_many_pixels"):
            decoded_size(png_header(width, height))


def test_a_file_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("components.data.images.files.MAX_BYTES", 100)
    assert reason_of(encoded(noise(), "PNG")) == ImageReason.FILE_TOO_LARGE


def test_damaged_in_the_middle() -> None:
    data = bytearray(encoded(noise(), "PNG"))
    data[60:90] = bytes(30)
    assert reason_of(bytes(data)) == ImageReason.UNREADABLE


def test_modes_without_a_white_point() -> None:
    data = encoded(Image.fromarray(np.ones((4, 4), dtype=np.float32)), "TIFF")
    assert reason_of(data) == ImageReason.UNSUPPORTED_MODE


def test_a_fault_survives_a_trip_between_processes() -> None:
    fault = copy.copy(ImageFault(ImageReason.EMPTY, "the file has no bytes"))
    assert (fault.reason, fault.detail) == (ImageReason.EMPTY, "the file has no bytes")


def test_threads_leave_the_warning_filters_alone() -> None:
    before = list(warnings.filters)
    data = encoded(noise(), "JPEG")
    with ThreadPoolExecutor(8) as pool:
        assert len(list(pool.map(decode_image, [data] * 64))) == 64
    assert list(warnings.filters) == before
