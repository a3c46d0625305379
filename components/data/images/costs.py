"""Refuses by its header a picture that would cost too much, and says how far to scale down."""

from dataclasses import dataclass

from components.data.images.budget import KEPT_PIXELS, MEMORY_FLOOR, Budget
from components.data.images.fault import ImageFault, too_costly
from components.data.images.jpeg_scans import check_scans, jpeg_cost
from components.data.quarantine_reasons import ImageReason

# Bytes for each pixel while the decoder works, measured as the growth of the process.
_WEBP, _HEIF, _AVIF, _JPEG2000 = 14.0, 7.5, 9.2, 19.5
_BY_MODE = {"1": 1.0, "L": 1.0, "P": 1.0, "I;16": 2.0, "I;16B": 2.0, "I;16L": 2.0}
_ANY_MODE = 4.0
JPEG_SCALES = (1, 2, 4, 8)


@dataclass(frozen=True, slots=True)
class Plan:
    """How a picture will be decoded.

    Attributes:
        decoder_scale: What the decoder itself divides the sides by: 1, 2, 4, ...
        final_scale: What both sides of the stored picture are divided by in the end.
    """

    decoder_scale: int
    final_scale: int


def check_pixels(size: tuple[int, int], max_pixels: int) -> None:
    """Refuse a picture of more pixels than are decoded.

    Raises:
        ImageFault: ``too_many_pixels``.
    """
    width, height = size
    if width * height > max_pixels:
        raise ImageFault(
            ImageReason.TOO_MANY_PIXELS,
            f"{width:,} x {height:,} pixels; at most {max_pixels:,} are decoded",
        )


def plan_decoding(name: str, mode: str, size: tuple[int, int], data: bytes, budget: Budget) -> Plan:
    """How to decode a picture of that format, mode and size (as stored) within a budget.

    Raises:
        ImageFault: ``too_many_pixels`` or ``too_costly``, for what no scale makes affordable.
    """
    num_pixels = size[0] * size[1]
    kept = _scale_for(num_pixels, KEPT_PIXELS)
    allowed = budget.memory(len(data))
    match name:
        case "JPEG":
            check_pixels(size, budget.max_jpeg_pixels)
            cost = jpeg_cost(data)
            check_scans(cost)
            _check_memory(cost.coefficient_bytes + 4 * num_pixels / kept**2, allowed)
            # Decoders stop at an eighth; the rest is averaged.
            return Plan(min(kept, JPEG_SCALES[-1]), kept)
        case "JPEG2000":
            check_pixels(size, budget.max_pixels)
            # The floor, not the budget: a picture is the same whoever asks for it.
            scale = max(kept, _scale_for(num_pixels, int(MEMORY_FLOOR / _JPEG2000)))
            return Plan(scale, scale)
        case _:
            check_pixels(size, budget.max_pixels)
            _check_memory(_decoding_bytes(name, mode) * num_pixels, allowed)
            copied = num_pixels * _BY_MODE.get(mode, _ANY_MODE) + 4 * num_pixels / kept**2
            _check_memory(copied, allowed)
            return Plan(1, kept)


def _decoding_bytes(name: str, mode: str) -> float:
    fixed = {"WEBP": _WEBP, "HEIF": _HEIF, "AVIF": _AVIF}
    return fixed.get(name) or _BY_MODE.get(mode, _ANY_MODE)


def _scale_for(num_pixels: int, max_pixels: int) -> int:
    scale = 1
    while num_pixels / scale**2 > max_pixels:
        scale *= 2
    return scale


def _check_memory(needed: float, allowed: int) -> None:
    if needed > allowed:
        raise too_costly(
            f"it needs about {needed / 1e6:,.0f} MB of memory; {allowed / 1e6:,.0f} MB are given "
            "to a file of its size; save it smaller, or as a baseline JPEG"
        )
