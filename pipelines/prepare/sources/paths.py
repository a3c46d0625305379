"""Where images lie, and which names may point at them."""

import os
from collections import defaultdict
from collections.abc import Collection, Iterator
from pathlib import Path, PurePosixPath

from components.data.images import IMAGE_EXTENSIONS
from components.errors import InputError
from pipelines.prepare.sources.text_files import printable

LABEL_EXTENSIONS = frozenset(
    {".txt", ".json", ".jsonl", ".ndjson", ".xml", ".csv", ".tsv", ".tab", ".parquet", ".npy"}
    | {".yaml", ".yml", ".names", ".md"}
)
"""Files that often lie between images and are none."""


def within_root(root: str, name: str) -> str | None:
    """``name`` as a tidy path below ``root``, or None if it points elsewhere.

    An absolute name is accepted where it lies below ``root``. Links are not
    followed, so a folder of links to another disk works.
    """
    if not name or "\0" in name:
        return None
    if name.startswith("/"):
        name = os.path.relpath(os.path.normpath(name), Path(root).absolute())
    tidy = os.path.normpath(name)
    if tidy == os.curdir or tidy == os.pardir or tidy.startswith(os.pardir + os.sep):
        return None
    return PurePosixPath(tidy).as_posix()


def joined(root: str, image: str) -> str:
    """The path of ``image`` that opens from the project's root."""
    return PurePosixPath(root, image).as_posix()


def list_images(root: Path) -> list[str]:
    """All image files below ``root`` as sorted relative paths.

    Hidden files and folders are passed over, and so are names that are not
    UTF-8, which :func:`undecodable_images` tells.

    Raises:
        InputError: If ``root`` is not a folder.
    """
    return [image for image in _walk(root) if printable(image) == image]


def list_photos(images: Path, sketches: Path | None) -> list[str]:
    """The same without what lies in the folder of sketches."""
    found = list_images(images)
    if sketches is None:
        return found
    drawn = sketches.resolve()
    return [image for image in found if not (images / image).resolve().is_relative_to(drawn)]


def undecodable_images(root: Path) -> list[str]:
    """Image files whose path no table can hold, with the strange bytes escaped."""
    return [printable(image) for image in _walk(root) if printable(image) != image]


def unread_files(root: Path, named: Collection[str] = ()) -> dict[str, list[str]]:
    """Files below ``root`` that are neither images nor labels, by extension, as sorted paths.

    An extension is in lower case, and ``(none)`` where there is none.

    Args:
        root: The folder of images.
        named: Files that annotations name, which are opened whatever their extension.
    """
    found: dict[str, list[str]] = defaultdict(list)
    for file in _files(root):
        suffix = PurePosixPath(file).suffix.lower()
        known = suffix in IMAGE_EXTENSIONS or suffix in LABEL_EXTENSIONS
        if not known and file not in named:
            found[suffix or "(none)"].append(printable(file))
    return {suffix: sorted(found[suffix]) for suffix in sorted(found)}


def _walk(root: Path) -> list[str]:
    return sorted(
        file for file in _files(root) if PurePosixPath(file).suffix.lower() in IMAGE_EXTENSIONS
    )


def _files(root: Path) -> Iterator[str]:
    require_folder(root, "source.images")
    for folder, folders, files in os.walk(root, followlinks=True):
        folders[:] = sorted(name for name in folders if not name.startswith((".", "__MACOSX")))
        place = Path(folder).relative_to(root)
        yield from ((place / name).as_posix() for name in files if not name.startswith("."))


def require_folder(path: Path, setting: str) -> None:
    """Refuse a path that is not a folder, naming the setting."""
    if not path.is_dir():
        kind = "is a file" if path.exists() else "does not exist"
        raise InputError(f"{setting} must name a folder, but {path} {kind}; correct params.yaml.")
