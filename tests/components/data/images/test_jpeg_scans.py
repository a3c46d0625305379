import io

import numpy as np
import pytest
from PIL import Image

from components.data.images import ImageFault, decode_image
from components.data.images.jpeg_scans import JpegCost, check_scans, jpeg_cost


def jpeg(**options: object) -> bytes:
    pixels = np.random.default_rng(1).integers(0, 256, (160, 320, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", **options)
    return file.getvalue()


def repeated(data: bytes, times: int) -> bytes:
    start = data.rindex(b"\xff\xda")
    return data[:start] + data[start:-2] * times + data[-2:]


@pytest.mark.parametrize(
    ("subsampling", "bytes_a_pixel"), [("4:4:4", 6), ("4:2:2", 4), ("4:2:0", 3)]
)
def test_coefficients_of_a_progressive_file_are_counted(
    subsampling: str, bytes_a_pixel: int
) -> None:
    data = jpeg(progressive=True, subsampling=subsampling)
    num_pixels = 160 * 320
    # libjpeg's own script for colour has ten scans.
    assert jpeg_cost(data) == JpegCost(num_pixels, 10, bytes_a_pixel * num_pixels)


def test_a_baseline_file_holds_none() -> None:
    assert jpeg_cost(jpeg()) == JpegCost(160 * 320, 1, 0)
    assert jpeg_cost(jpeg(restart_marker_rows=1)) == JpegCost(160 * 320, 1, 0)


def test_scans_are_counted_however_many() -> None:
    data = jpeg(progressive=True)
    assert jpeg_cost(repeated(data, 91)).num_scans == 100
    assert decode_image(repeated(data, 91)).size == (320, 160)
    with pytest.raises(ImageFault, match="too costly to decode: a JPEG in 101 scans"):
        decode_image(repeated(data, 92))


def test_scans_in_a_comment_or_behind_the_end_are_not_decoded_and_not_counted() -> None:
    data = jpeg()
    comment = b"\xff\xfe\x00\x0a" + b"\xff\xda\x00\x02" * 2
    assert jpeg_cost(data[:2] + comment + data[2:] + b"\xff\xda\x00\x02" * 200).num_scans == 1


def test_few_scans_of_many_pixels_are_as_bad_as_many_of_few() -> None:
    check_scans(JpegCost(24_000_000, 12, 0))
    with pytest.raises(ImageFault, match="baseline"):
        check_scans(JpegCost(100_000_000, 12, 0))


@pytest.mark.parametrize(
    "data", [b"", b"\xff\xd8", b"\xff\xd8\xff\xc0", b"\xff\xd8\xff\xc2\xff\xff"]
)
def test_damage_is_passed_over(data: bytes) -> None:
    assert jpeg_cost(data).num_scans == 0


def test_a_tiff_of_many_jpegs_has_a_scan_in_each() -> None:
    file = io.BytesIO()
    Image.new("RGB", (2_000, 2_000), (200, 0, 0)).save(file, "TIFF", compression="jpeg")
    assert file.getvalue().count(b"\xff\xda") > 100
    assert decode_image(file.getvalue()).size == (2_000, 2_000)
