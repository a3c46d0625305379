"""Unpacks what a job sent or was sent: plain files and folders, inside the folder that is named.

Written out, since early releases of Python 3.11 have no filter for what an archive may hold.
"""

import shutil
import tarfile
from pathlib import Path, PurePosixPath

from components.errors import InputError

_MODES = 0o755
"""Permissions that are kept: nobody else may write, nothing runs as its owner."""


def unpack(archive: Path, directory: Path) -> None:
    """Write the content of an archive below ``directory``.

    Raises:
        InputError: If anything in it is a link, a device, or lies outside; then nothing is written.
    """
    with tarfile.open(archive) as file:
        members = file.getmembers()
        for member in members:
            place = PurePosixPath(member.name)
            inside = not place.is_absolute() and ".." not in place.parts
            if not inside or not (member.isfile() or member.isdir()):
                raise InputError(
                    f"{archive.name} holds {member.name!r}, which is no plain file or folder inside "
                    "the project. It was not unpacked; use archives that Efuda made."
                )
        for member in members:
            _write(file, member, directory / member.name)


def _write(file: tarfile.TarFile, member: tarfile.TarInfo, target: Path) -> None:
    if member.isdir():
        target.mkdir(parents=True, exist_ok=True)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    content = file.extractfile(member)
    assert content is not None  # it is a plain file
    with content, target.open("wb") as written:
        shutil.copyfileobj(content, written)
    target.chmod((member.mode & _MODES) | 0o600)
