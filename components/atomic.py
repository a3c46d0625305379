"""Writes that are either complete or absent.

Everything is written under a temporary name beside its target, then renamed,
so a reader never sees half a file and a killed run leaves only rubbish that
the next one ignores.
"""

import json
import os
import shutil
import uuid
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from components.errors import ArtefactError


def _beside(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    # The suffix is kept: numpy and others choose a format by it.
    return path.with_name(f".{path.stem}.{uuid.uuid4().hex[:8]}.tmp{path.suffix}")


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def atomic_path(path: Path) -> Generator[Path]:
    """Yield a temporary path; rename it onto ``path`` if the block succeeds."""
    temporary = _beside(path)
    try:
        yield temporary
        _sync(temporary)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def atomic_directory(path: Path) -> Generator[Path]:
    """Yield a new empty directory; put it in the place of ``path`` on success.

    An old directory is moved aside first and removed last, so at no moment is
    there a mixture of old and new files under ``path``.
    """
    temporary = _beside(path)
    temporary.mkdir()
    retired = _beside(path)
    try:
        yield temporary
        if path.exists():
            path.rename(retired)
        temporary.rename(path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
        shutil.rmtree(retired, ignore_errors=True)


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
