"""What a JPEG costs to decode, told from its markers without decoding it.

A progressive JPEG holds the picture in scans that refine each other. Each scan of a few bytes
may touch every block, so a small file can ask for hours.
"""

import re
from dataclasses import dataclass

from components.data.images.fault import too_costly

MAX_SCANS = 100
"""Encoders write three to a dozen."""

MAX_SCANNED_PIXELS = 800_000_000
"""Scans times pixels; a tenth of a second to a second of work."""

MAX_SCANS_A_PART = 4
"""Of a strip or tile of a TIFF: one scan, or one for each colour."""

_FRAMES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
_PROGRESSIVE = frozenset({0xC2, 0xC6, 0xCA, 0xCE})
_ALONE = frozenset({0x01, *range(0xD0, 0xD9)})
_START_OF_SCAN, _END = 0xDA, 0xD9
_MARKER = re.compile(rb"\xff+([\x01-\xcf\xd8-\xfe])")
"""The next marker, over stuffed zeros and restarts, which belong to the scan."""


@dataclass(frozen=True, slots=True)
class JpegCost:
    """Frame size in pixels, number of scans, and bytes of coefficients held until the last one."""

    num_pixels: int
    num_scans: int
    coefficient_bytes: int


def jpeg_cost(data: bytes) -> JpegCost:
    """Read a JPEG's markers up to its end.

    What is damaged is passed over: the decoder says what it thinks of it.
    """
    num_pixels = num_scans = coefficients = 0
    progressive = False
    place = 2
    while found := _MARKER.search(data, place):
        marker, place = found[1][0], found.end()
        if marker == _END:
            break
        if marker in _ALONE:
            continue
        segment = data[place + 2 : place + int.from_bytes(data[place : place + 2], "big")]
        if marker in _FRAMES and len(segment) >= 6:
            num_pixels = max(num_pixels, _frame_pixels(segment))
            coefficients = max(coefficients, _coefficient_bytes(segment))
            progressive = progressive or marker in _PROGRESSIVE
        elif marker == _START_OF_SCAN:
            num_scans += 1
        place += 2 + len(segment)
    held = coefficients if progressive or num_scans > 1 else 0
    return JpegCost(num_pixels, num_scans, held)


def check_scans(cost: JpegCost) -> None:
    """Refuse a JPEG whose scans would take long.

    Raises:
        ImageFault: ``too_costly``.
    """
    if cost.num_scans > MAX_SCANS:
        raise too_costly(f"a JPEG in {cost.num_scans:,} scans; at most {MAX_SCANS} are decoded")
    if cost.num_scans * cost.num_pixels > MAX_SCANNED_PIXELS:
        raise too_costly(
            f"a JPEG of {cost.num_pixels:,} pixels in {cost.num_scans} scans; "
            "save it as a baseline JPEG"
        )


def check_inner_scans(data: bytes, num_parts: int) -> None:
    """Refuse a TIFF whose strips or tiles are JPEGs of many scans, on average.

    Stuffing keeps the marker out of a JPEG's data, so that every one that is found is a scan.

    Raises:
        ImageFault: ``too_costly``.
    """
    num_scans = data.count(bytes([0xFF, _START_OF_SCAN]))
    if num_scans > MAX_SCANS and num_scans > MAX_SCANS_A_PART * num_parts:
        raise too_costly(
            f"JPEGs in {num_scans:,} scans inside a TIFF of {num_parts:,} strips or tiles; "
            f"at most {MAX_SCANS_A_PART} for each are decoded"
        )


def _frame_pixels(frame: bytes) -> int:
    return int.from_bytes(frame[1:3], "big") * int.from_bytes(frame[3:5], "big")


def _coefficient_bytes(frame: bytes) -> int:
    """Two bytes for each sample of each component, at its own resolution."""
    factors = [
        frame[start + 1] for start in range(6, 6 + 3 * frame[5], 3) if start + 2 < len(frame)
    ]
    across, down = [max(1, pair >> 4) for pair in factors], [max(1, pair & 15) for pair in factors]
    if not factors:
        return 0
    parts = sum(a * d for a, d in zip(across, down, strict=True)) / (max(across) * max(down))
    return round(2 * _frame_pixels(frame) * parts)
