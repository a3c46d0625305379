"""Opens image files of any common kind as upright 8-bit RGB pictures.

Content decides, never the file name. Each way a file can be unusable has one
word, so that a bad file becomes a row in a table instead of a stack trace.
Decoders of a dozen formats read hostile bytes here, so they run in a process apart.
"""

import atexit
import os
import threading
from pathlib import Path

from PIL import Image

from components.data.images.budget import OWN_FILES, Budget
from components.data.images.files import check_num_bytes, read_image_bytes
from components.data.images.formats import known_format
from components.data.images.framing import Wanted
from components.data.images.pool import Answer, DecoderPool


def decode_image(source: Path | bytes, budget: Budget = OWN_FILES) -> Image.Image:
    """Decode a picture to RGB, turned upright, first frame only.

    Transparency is laid on white. 16-bit grey is scaled linearly so that
    65,535 becomes 255. Colour profiles are not applied. A picture of more than
    ``KEPT_PIXELS`` is given at a half, a quarter, ... of its scale.

    Args:
        source: A file, or the bytes of one.
        budget: What it may cost.

    Raises:
        ImageFault: With the reason, for anything that is not such a picture.
    """
    _, image = _ask(source, "pixels", budget)
    if image is None:
        raise AssertionError("pixels were asked for")
    return image


def decoded_size(source: Path | bytes, budget: Budget = OWN_FILES) -> tuple[int, int]:
    """Width and height in pixels as seen upright, of a picture that was decoded to the end.

    Raises:
        ImageFault: As ``decode_image``.
    """
    return _ask(source, "size", budget)[0]


def check_known_format(data: bytes) -> None:
    """Refuse, by its first bytes alone, what no decoder would take.

    Raises:
        ImageFault: ``empty``, ``file_too_large`` or ``not_an_image``.
    """
    check_num_bytes(len(data))
    known_format(data)


def _ask(source: Path | bytes, wanted: Wanted, budget: Budget) -> Answer:
    data = read_image_bytes(source) if isinstance(source, Path) else source
    check_known_format(data)
    return _decoders.pool().ask(data, wanted, budget)


class _Decoders:
    """This process's pool: made when it is needed, and anew in a fork."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pool: DecoderPool | None = None

    def pool(self) -> DecoderPool:
        with self._lock:
            if self._pool is None:
                self._pool = DecoderPool(len(os.sched_getaffinity(0)))
            return self._pool

    def close(self) -> None:
        if self._pool is not None:
            self._pool.close()

    def after_fork(self) -> None:
        if self._pool is not None:
            self._pool.forget()
        self.__init__()


_decoders = _Decoders()
atexit.register(_decoders.close)
os.register_at_fork(after_in_child=_decoders.after_fork)
