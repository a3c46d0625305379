"""Opens image files of any common kind as upright 8-bit RGB pictures.

Content decides, never the file name. Each way a file can be unusable has one
word, so that a bad file becomes a row in a table instead of a stack trace.
"""

from components.data.quarantine_reasons import ImageReason
import io
import threading
import warnings
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from components.errors import InputError

MAX_PIXELS = 100_000_000
"""Largest picture that is decoded, in pixels; judged from the header alone."""

MAX_BYTES = 256 * 1024 * 1024
"""Largest file that is read, in bytes."""

FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF")
"""The only decoders that are tried; everything else Pillow knows stays unused."""

_MAGIC = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF8", "GIF"),
    (b"BM", "BMP"),
    (b"II*\x00", "TIFF"),
    (b"MM\x00*", "TIFF"),
    (b"II+\x00", "TIFF"),
    (b"MM\x00+", "TIFF"),
)
_PLAIN_MODES = frozenset({"1", "L", "RGB", "RGBX", "CMYK", "YCbCr", "HSV", "P"})
_ALPHA_MODES = frozenset({"LA", "La", "PA", "RGBA", "RGBa"})
_ORIENTATION_TAG = 0x0112
_TRANSPOSES = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_warning_lock = threading.Lock()


class ImageFault(InputError):  # noqa: N818 (a fault of the file, not of the program)
    """A file that cannot be used as a picture.

    Attributes:
        reason: One machine-readable word.
        detail: A sentence for a person.
    """

    def __init__(self, reason: ImageReason, detail: str) -> None:
        # Both go to args, so that the fault survives a trip between processes.
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail

    def __str__(self) -> str:
        return f"{self.reason}: {self.detail}"


def read_image_bytes(path: Path) -> bytes:
    """The bytes of an image file.

    Raises:
        ImageFault: If the file is missing, empty, too large or unreadable.
    """
    try:
        num_bytes = path.stat().st_size
        _check_num_bytes(num_bytes)
        return path.read_bytes()
    except FileNotFoundError:
        raise ImageFault(ImageReason.MISSING_FILE, "no such file") from None
    except (OSError, ValueError) as error:
        if isinstance(error, ImageFault):
            raise
        raise ImageFault(ImageReason.UNREADABLE, f"the file cannot be read: {error}") from None


def decode_image(source: Path | bytes) -> Image.Image:
    """Decode a picture to RGB, turned upright, first frame only.

    Transparency is laid on white. 16-bit grey is scaled linearly so that
    65,535 becomes 255. Colour profiles are not applied.

    Args:
        source: A file, or the bytes of one.

    Raises:
        ImageFault: With the reason, for anything that is not such a picture.
    """
    data = read_image_bytes(source) if isinstance(source, Path) else source
    image = _open(data)
    try:
        image.load()
        upright = _upright(_to_rgb(image), _orientation(image))
    except ImageFault:
        raise
    except MemoryError:
        raise ImageFault(ImageReason.TOO_MANY_PIXELS, "not enough memory to decode it") from None
    except Exception as error:  # noqa: BLE001
        # Pillow's decoders raise a dozen unrelated types on hostile bytes.
        raise _damage(data, error) from None
    upright.info.clear()
    return upright


def image_size(source: Path | bytes) -> tuple[int, int]:
    """Width and height in pixels as seen upright, from the header alone.

    Raises:
        ImageFault: As ``decode_image``, as far as the header tells.
    """
    data = read_image_bytes(source) if isinstance(source, Path) else source
    image = _open(data)
    width, height = image.size
    # Pillow gives a TIFF's size as seen upright already, and would decode a
    # whole PNG in search of an EXIF block that its header does not announce.
    lying = image.format != "TIFF" and (image.format != "PNG" or "exif" in image.info)
    if lying and _orientation(image) >= 5:
        return height, width
    return width, height


def _check_num_bytes(num_bytes: int) -> None:
    if num_bytes == 0:
        raise ImageFault(ImageReason.EMPTY, "the file has no bytes")
    if num_bytes > MAX_BYTES:
        raise ImageFault(
            ImageReason.FILE_TOO_LARGE,
            f"{num_bytes:,} bytes; at most {MAX_BYTES:,} are read",
        )


@contextmanager
def _quiet() -> Generator[None]:
    # Pillow warns about damaged metadata, which does not concern the pixels.
    # The filters are process-wide, hence one thread at a time.
    with _warning_lock, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _open(data: bytes) -> Image.Image:
    _check_num_bytes(len(data))
    try:
        with _quiet():
            image = Image.open(io.BytesIO(data), formats=FORMATS)
    except Image.DecompressionBombError:
        raise ImageFault(
            ImageReason.TOO_MANY_PIXELS,
            f"the header announces more pixels than the {MAX_PIXELS:,} that are decoded",
        ) from None
    except UnidentifiedImageError as error:
        if _format_of(data) is None:
            raise ImageFault(
                ImageReason.NOT_AN_IMAGE,
                f"its content is none of {', '.join(FORMATS)}",
            ) from None
        raise _damage(data, error) from None
    except Exception as error:  # noqa: BLE001
        raise _damage(data, error) from None
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise ImageFault(
            ImageReason.TOO_MANY_PIXELS,
            f"{width:,} x {height:,} pixels; at most {MAX_PIXELS:,} are decoded",
        )
    return image


def _orientation(image: Image.Image) -> int:
    try:
        with _quiet():
            value = image.getexif().get(_ORIENTATION_TAG, 1)
    except Exception:  # noqa: BLE001
        # Damaged metadata must not cost the picture.
        return 1
    return value if isinstance(value, int) else 1


def _upright(image: Image.Image, orientation: int) -> Image.Image:
    method = _TRANSPOSES.get(orientation)
    return image if method is None else image.transpose(method)


def _to_rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I;16"):
        return _grey_16_to_rgb(image)
    if image.mode in _ALPHA_MODES or "transparency" in image.info:
        layered = image.convert("RGBA")
        white = Image.new("RGBA", layered.size, (255, 255, 255, 255))
        return Image.alpha_composite(white, layered).convert("RGB")
    if image.mode in _PLAIN_MODES:
        return image.convert("RGB")
    raise ImageFault(
        ImageReason.UNSUPPORTED_MODE,
        f"pixel mode {image.mode!r} has no fixed white point; "
        "save the picture with 8 or 16 bits a channel",
    )


def _grey_16_to_rgb(image: Image.Image) -> Image.Image:
    # Pillow's own conversion clips at 255, which turns most scans white.
    samples = np.asarray(image).astype(np.uint32)
    grey = ((samples * 255 + 32_767) // 65_535).astype(np.uint8)
    return Image.fromarray(grey).convert("RGB")


def _format_of(data: bytes) -> str | None:
    if data[:4] == b"RIFF" and data[8:12] in (b"WEBP", b""):
        return "WEBP"
    return next((name for magic, name in _MAGIC if data.startswith(magic)), None)


def _damage(data: bytes, error: Exception) -> ImageFault:
    name = _format_of(data)
    if _is_cut_off(data, name):
        return ImageFault(ImageReason.TRUNCATED, f"the {name} data end too early")
    return ImageFault(ImageReason.UNREADABLE, f"damaged {name or 'image'} data: {error}")


def _is_cut_off(data: bytes, name: str | None) -> bool:
    match name:
        case "JPEG":
            return b"\xff\xd9" not in data[-64:]
        case "PNG":
            return b"IEND" not in data[-64:]
        case "GIF":
            return not data.rstrip(b"\x00").endswith(b";")
        case "WEBP":
            return len(data) < 12 or len(data) < int.from_bytes(data[4:8], "little") + 8
        case "BMP":
            return len(data) < int.from_bytes(data[2:6], "little")
        case "TIFF":
            # A TIFF's directory may lie anywhere, so only the decoder can tell.
            return True
        case _:
            return False
