"""Writes that are either complete or absent.

Everything is made in a staging folder beside its target and takes its place in
one step, so at every moment a whole version is there: the old or the new. What
killed processes left behind is removed by the next write in the same folder.
"""

import json
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from components.errors import ArtefactError
from components.staging import staged, take_place


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def atomic_path(path: Path) -> Generator[Path]:
    """Yield where to write a file; it replaces ``path`` if the block succeeds.

    The file to write has the name of ``path``, in another folder.
    """
    with staged(path) as temporary:
        yield temporary
        _sync(temporary)
        temporary.replace(path)


@contextmanager
def atomic_directory(path: Path) -> Generator[Path]:
    """Yield a new empty directory; it replaces ``path`` if the block succeeds.

    Never is there a mixture of old and new files under ``path``, nor nothing
    where there was an old version: see :func:`components.staging.take_place`,
    also for file systems that cannot do it.
    """
    with staged(path) as temporary:
        temporary.mkdir()
        yield temporary
        for file in temporary.rglob("*"):
            _sync(file)
        take_place(temporary, path)


def write_text(path: Path, text: str) -> None:
    """Write ``text`` as UTF-8."""
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: Path, value: object) -> None:
    """Write ``value`` as indented JSON; NaN is refused, since JSON has none."""
    text = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False)
    write_text(path, text + "\n")


def read_json(path: Path) -> Any:
    """Read a JSON file.

    Raises:
        ArtefactError: If the file is missing or is not JSON, naming it.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ArtefactError(
            f"{path} does not exist; run the stage that writes it (`efuda run`)."
        ) from None
    except (json.JSONDecodeError, UnicodeDecodeError) as fault:
        raise ArtefactError(
            f"{path} is not valid JSON ({fault}); delete it and run its stage again."
        ) from None
