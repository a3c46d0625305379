"""How much a picture may cost: memory and processor time, growing with what was sent.

An honest picture pays for its pixels with bytes. A bomb is a small file that announces much;
so what is allowed hangs on the number of bytes, from a floor that ordinary photographs of 24
million pixels stay under in every format.
"""

from dataclasses import dataclass

MEGA = 1_000_000
MEMORY_FLOOR = 190 * MEGA
KEPT_PIXELS = 16 * MEGA
"""Larger pictures are handed on at a half, a quarter, ... of their scale; an encoder looks at a
hundredth of these pixels. Up to here every pixel is as the file has it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Budget:
    """What one picture may cost, over what the decoding process takes at rest.

    Attributes:
        memory_per_byte: Bytes of memory for each byte of the file, over the floor.
        max_memory: Bytes, however large the file.
        seconds: Processor time for the smallest file.
        seconds_per_megabyte: More of it for each million bytes of the file.
        seconds_per_megapixel: More of it for each million pixels, once the header has told them.
        max_seconds: Processor time, however large the file.
        max_pixels: Largest picture that is decoded, JPEG apart.
        max_jpeg_pixels: Largest JPEG, which can be decoded at an eighth of its scale.
    """

    memory_per_byte: int
    max_memory: int
    seconds: float
    seconds_per_megabyte: float
    seconds_per_megapixel: float
    max_seconds: float
    max_pixels: int
    max_jpeg_pixels: int

    def memory(self, num_bytes: int) -> int:
        """Bytes of memory that a file of ``num_bytes`` may take while it is decoded."""
        return min(MEMORY_FLOOR + self.memory_per_byte * num_bytes, self.max_memory)

    def time_s(self, num_bytes: int, num_pixels: int) -> float:
        """Seconds of processor time that a file of that size and those pixels may take."""
        size_s = self.seconds_per_megabyte * num_bytes / MEGA
        pixels_s = self.seconds_per_megapixel * num_pixels / MEGA
        return min(self.seconds + size_s + pixels_s, self.max_seconds)


OWN_FILES = Budget(
    memory_per_byte=32,
    max_memory=1_500 * MEGA,
    seconds=0.9,
    seconds_per_megabyte=2.0,
    seconds_per_megapixel=0.05,
    max_seconds=60.0,
    max_pixels=100 * MEGA,
    max_jpeg_pixels=256 * MEGA,
)
"""For the files of a project, which may be large scans; on a slow machine too."""

SENT_FILES = Budget(
    memory_per_byte=0,
    max_memory=MEMORY_FLOOR,
    seconds=0.6,
    seconds_per_megabyte=0.5,
    seconds_per_megapixel=0.005,
    max_seconds=3.0,
    max_pixels=64 * MEGA,
    max_jpeg_pixels=256 * MEGA,
)
"""For what anybody may send to the service."""
