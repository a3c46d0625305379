"""The files of a bundle: that each is the one that was written, and lies inside.

Small files are read each time. Large ones, whose reading would hold up every start, are read
once and remembered by all that the system says of them; of that, the time of the last
change cannot be set by a program.
"""

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import Any

from blake3 import blake3

from components.atomic import write_json
from components.errors import ArtefactError

DESCRIPTION = "bundle.json"
CARD = "README.md"
"""Beside the files, for people; nothing reads it."""
REMEMBERED_FROM_BYTES = 64 << 20
NUM_REMEMBERED = 200
_BLOCK_BYTES = 1 << 20


def hash_of(path: Path) -> str:
    """BLAKE3 of a file's content."""
    hasher = blake3()
    with path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            hasher.update(block)
    return hasher.hexdigest()


def verify_files(directory: Path, files: Mapping[str, Mapping[str, Any]]) -> None:
    """Make sure that a bundle consists of the files that were written, and of no others.

    Args:
        directory: The bundle.
        files: ``bytes`` and ``blake3`` by the path from there.

    Raises:
        ArtefactError: If one is missing, was changed, lies outside, or was put there later.
    """
    whole = directory.resolve()
    for name, expected in files.items():
        _verify(directory / _inside(directory, whole, name), expected)
    for path in directory.rglob("*"):
        name = path.relative_to(directory).as_posix()
        hidden = any(part.startswith(".") for part in PurePosixPath(name).parts)
        if path.is_file() and name not in files and not hidden and name not in (DESCRIPTION, CARD):
            raise ArtefactError(
                f"{path} is no part of the bundle: it was put there after the bundle was written. "
                "Move it away, or register the bundle again."
            )


def _inside(directory: Path, whole: Path, name: str) -> str:
    parts = PurePosixPath(name).parts
    leads_out = not parts or name.startswith("/") or ".." in parts
    if leads_out or not (directory / name).resolve().is_relative_to(whole):
        raise ArtefactError(
            f"{directory} counts {name!r} among its files, which lies outside; register it again."
        )
    return name


def _verify(path: Path, expected: Mapping[str, Any]) -> None:
    if not path.is_file():
        raise ArtefactError(f"{path} is missing from the bundle; register it again.")
    size = path.stat().st_size
    if size != expected["bytes"]:
        raise ArtefactError(
            f"{path} has {size} bytes, {expected['bytes']} were written; register it again."
        )
    known = hash_of(path) if size < REMEMBERED_FROM_BYTES else _remembered_hash(path)
    if known != expected["blake3"]:
        raise ArtefactError(f"{path} was changed after it was written; register it again.")


def _remembered_hash(path: Path) -> str:
    """The hash of a large file, from memory where the file has not changed since."""
    memory_file, place = _memory_file(), str(path.resolve())
    memory = _read_memory(memory_file) if memory_file else {}
    before = _identity(path)
    if memory.get(place, [None])[0] == before:
        return str(memory[place][1])
    found = hash_of(path)
    if memory_file and _identity(path) == before:
        kept = {name: row for name, row in memory.items() if name != place}
        rows = [*kept.items(), (place, [before, found])]
        # Without a place to remember it, it is read again the next time.
        with suppress(OSError):
            memory_file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            write_json(memory_file, dict(rows[-NUM_REMEMBERED:]))
    return found


def _identity(path: Path) -> list[int]:
    seen = path.stat()
    return [seen.st_dev, seen.st_ino, seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns]


def _memory_file() -> Path | None:
    cache = Path(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"))  # noqa: PTH111
    # An account without a home has nowhere to remember.
    return cache / "efuda" / "hashes.json" if cache.is_absolute() else None


def _read_memory(path: Path) -> dict[str, Any]:
    """What was remembered; nothing where others could have written it."""
    try:
        seen = path.stat()
        if seen.st_uid != os.getuid() or seen.st_mode & 0o022:
            return {}
        memory = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(memory, dict):
        return {}
    return {name: row for name, row in memory.items() if isinstance(row, list) and len(row) == 2}
