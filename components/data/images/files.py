"""The bytes of an image file, as far as they may be taken."""

from pathlib import Path

from components.data.images.fault import ImageFault
from components.data.quarantine_reasons import ImageReason

MAX_BYTES = 256 * 1024 * 1024
"""Largest file that is read, in bytes."""


def read_image_bytes(path: Path) -> bytes:
    """The bytes of an image file.

    Raises:
        ImageFault: If the file is missing, empty, too large or unreadable.
    """
    try:
        check_num_bytes(path.stat().st_size)
        return path.read_bytes()
    except FileNotFoundError:
        raise ImageFault(ImageReason.MISSING_FILE, "no such file") from None
    except (OSError, ValueError) as error:
        if isinstance(error, ImageFault):
            raise
        raise ImageFault(ImageReason.UNREADABLE, f"the file cannot be read: {error}") from None


def check_num_bytes(num_bytes: int) -> None:
    """Refuse a file without bytes, or with too many.

    Raises:
        ImageFault: With the reason.
    """
    if num_bytes == 0:
        raise ImageFault(ImageReason.EMPTY, "the file has no bytes")
    if num_bytes > MAX_BYTES:
        raise ImageFault(
            ImageReason.FILE_TOO_LARGE,
            f"{num_bytes:,} bytes; at most {MAX_BYTES:,} are read",
        )
