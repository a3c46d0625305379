"""Which kinds of picture are read, and how their files are known: by content, then by name."""

from components.data.images.fault import ImageFault
from components.data.quarantine_reasons import ImageReason

FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF", "HEIF", "AVIF", "JPEG2000")
"""The only decoders that are tried, by Pillow's names."""

IMAGE_EXTENSIONS = frozenset(
    {
        *(".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff"),
        *(".heic", ".heif", ".hif", ".avif", ".jp2", ".j2k", ".j2c", ".jpx", ".jpf"),
    }
)
"""Small-letter endings of file names that count as pictures when a folder is listed."""

_MAGIC = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF8", "GIF"),
    (b"BM", "BMP"),
    (b"II*\x00", "TIFF"),
    (b"MM\x00*", "TIFF"),
    (b"II+\x00", "TIFF"),
    (b"MM\x00+", "TIFF"),
    (b"\x00\x00\x00\x0cjP  \r\n\x87\n", "JPEG2000"),
    (b"\xff\x4f\xff\x51", "JPEG2000"),
)
_AVIF_BRANDS = frozenset({b"avif", b"avis"})
_HEIF_BRANDS = frozenset(
    {b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"hevm", b"hevs", b"mif1", b"msf1"}
)


def format_of(data: bytes) -> str | None:
    """Which of ``FORMATS`` the first bytes announce; None for anything else."""
    if data[:4] == b"RIFF" and data[8:12] in (b"WEBP", b""):
        return "WEBP"
    if data[4:8] == b"ftyp":
        return _brand_format(data)
    return next((name for magic, name in _MAGIC if data.startswith(magic)), None)


def known_format(data: bytes) -> str:
    """The format that the content announces.

    Raises:
        ImageFault: ``not_an_image``.
    """
    name = format_of(data)
    if name is None:
        known = ", ".join(FORMATS)
        raise ImageFault(ImageReason.NOT_AN_IMAGE, f"its content is none of {known}")
    return name


def is_cut_off(data: bytes, name: str | None) -> bool:
    """Whether a file that cannot be decoded seems to lack its end."""
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
        case "HEIF" | "AVIF":
            return _ends_inside_a_box(data)
        case "JPEG2000":
            return b"\xff\xd9" not in data[-64:]
        case _:
            return False


def _brand_format(data: bytes) -> str | None:
    """A file's own brand decides; what it says to be compatible with, where that is a general one."""
    end = min(int.from_bytes(data[:4], "big"), 256)
    brands = [data[8:12], *(data[start : start + 4] for start in range(16, end - 3, 4))]
    if brands[0] in (b"mif1", b"msf1") and _AVIF_BRANDS.intersection(brands):
        return "AVIF"
    for brand in brands:
        if brand in _AVIF_BRANDS:
            return "AVIF"
        if brand in _HEIF_BRANDS:
            return "HEIF"
    return None


def _ends_inside_a_box(data: bytes) -> bool:
    place = 0
    while place + 8 <= len(data):
        size = int.from_bytes(data[place : place + 4], "big")
        if size == 1:
            size = int.from_bytes(data[place + 8 : place + 16], "big")
        if size == 0:  # the last box, up to the end of the file
            return False
        if size < 8:
            return False
        place += size
    return place != len(data)
