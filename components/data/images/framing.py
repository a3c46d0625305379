"""What the decoding process and its owner say to each other: lengths, JSON, and pixels.

Pixels of ordinary pictures lie in memory that both see; larger ones go through the pipe in bands
of rows, so that neither side holds a second copy.
"""

import json
import mmap
import struct
from dataclasses import asdict
from functools import cache
from io import FileIO
from typing import Any, Literal

from PIL import Image

from components.data.images.budget import Budget

LENGTH = struct.Struct("<I")
BAND_BYTES = 1 << 20
SHARED_BYTES = 1 << 23
READY = b"ready"

Wanted = Literal["pixels", "size"]


def request_header(wanted: Wanted, num_bytes: int, budget: Budget) -> bytes:
    """What goes before the bytes of a picture."""
    start = f'{{"wanted": "{wanted}", "num_bytes": {num_bytes}, "budget": '
    return framed(start.encode() + _budget_json(budget) + b"}")


@cache
def _budget_json(budget: Budget) -> bytes:
    return json.dumps(asdict(budget)).encode()


def framed(message: bytes) -> bytes:
    """A message behind its length."""
    return LENGTH.pack(len(message)) + message


def read_framed(stream: FileIO) -> bytearray:
    """The next message.

    Raises:
        EOFError: If the other side is gone.
    """
    return read_exactly(stream, LENGTH.unpack(read_exactly(stream, LENGTH.size))[0])


def read_exactly(stream: FileIO, num_bytes: int) -> bytearray:
    """That many bytes.

    Raises:
        EOFError: If the other side is gone.
    """
    data = bytearray(num_bytes)
    rest = memoryview(data)
    while rest:
        num_read = stream.readinto(rest)
        if not num_read:
            raise EOFError
        rest = rest[num_read:]
    return data


def write_all(stream: FileIO, *parts: bytes) -> None:
    """Write every byte; a pipe takes them in portions."""
    for part in parts:
        rest = memoryview(part)
        while rest:
            rest = rest[stream.write(rest) :]


def rows_in_band(width: int) -> int:
    """How many rows of RGB pixels are sent at once."""
    return max(1, BAND_BYTES // (3 * width))


def is_shared(size: tuple[int, int]) -> bool:
    """Whether a picture's pixels are given through shared memory."""
    return 4 * size[0] * size[1] <= SHARED_BYTES


def shared_image(memory: mmap.mmap, size: tuple[int, int]) -> Image.Image:
    """Shared memory seen as a picture, which changes when the memory does."""
    buffer: Any = memory
    image: Any = Image.frombuffer("RGBX", size, buffer, "raw", "RGBX", 0, 1)
    image.readonly = 0
    return image
