"""Small pictures of the gallery, in one archive, named by content."""

import io
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from components.errors import ArtefactError

FILE_NAME = "previews.zip"
QUALITY = 85
# Archives must be the same for the same pictures, so the time is left out.
_NO_TIME = (1980, 1, 1, 0, 0, 0)


def entry_name(content_hash: str, long_side_px: int) -> str:
    """The archive's name of a preview: other bytes or another size, another name."""
    return f"{content_hash}-{long_side_px}.jpg"


def preview_jpeg(image: Image.Image, long_side_px: int) -> bytes:
    """An RGB picture as JPEG, at most ``long_side_px`` on its longer side."""
    small = image.copy()
    small.thumbnail((long_side_px, long_side_px))
    buffer = io.BytesIO()
    small.save(buffer, "JPEG", quality=QUALITY, optimize=True)
    return buffer.getvalue()


@dataclass(frozen=True, slots=True)
class PreviewCounts:
    """How many previews were made, and how many were taken from the last archive."""

    made: int
    reused: int


def write_previews(
    path: Path,
    content_hashes: Iterable[str],
    open_image: Callable[[str], Image.Image],
    *,
    long_side_px: int,
    previous: Path | None = None,
) -> PreviewCounts:
    """Write an archive of previews, taking those it can from ``previous``.

    Args:
        path: Where to write; not atomic, the caller's directory is.
        content_hashes: Pictures in order; repeats are written once.
        open_image: Gives the RGB picture of a hash.
        long_side_px: Size of the longer side.
        previous: An archive of an earlier run, or None.
    """
    made = reused = 0
    old = _open_or_none(previous)
    known = set(old.namelist()) if old is not None else set[str]()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for content_hash in dict.fromkeys(content_hashes):
            name = entry_name(content_hash, long_side_px)
            if old is not None and name in known:
                jpeg = old.read(name)
                reused += 1
            else:
                jpeg = preview_jpeg(open_image(content_hash), long_side_px)
                made += 1
            archive.writestr(zipfile.ZipInfo(name, _NO_TIME), jpeg)
    if old is not None:
        old.close()
    return PreviewCounts(made, reused)


def _open_or_none(path: Path | None) -> zipfile.ZipFile | None:
    """The earlier archive, unless there is none or it is damaged: then all are made anew."""
    if path is None or not path.exists():
        return None
    try:
        return zipfile.ZipFile(path)
    except zipfile.BadZipFile:
        return None


class Previews:
    """Reads previews; safe to share between threads."""

    def __init__(self, directory: Path, long_side_px: int) -> None:
        self._long_side_px = long_side_px
        path = directory / FILE_NAME
        try:
            self._archive = zipfile.ZipFile(path)
        except (OSError, zipfile.BadZipFile) as fault:
            raise ArtefactError(f"{path} cannot be read ({fault}); index again.") from None

    def jpeg(self, content_hash: str) -> bytes | None:
        """The preview of a picture, None if the archive has none."""
        try:
            return self._archive.read(entry_name(content_hash, self._long_side_px))
        except KeyError:
            return None

    def close(self) -> None:
        """Close the archive."""
        self._archive.close()
