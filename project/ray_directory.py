"""The private directory of a Ray that this process starts: its sockets, its logs and its token.

Ray itself would put them in `/tmp/ray`, which it makes writable for every account, and it
runs whatever is submitted to its ports by whoever knows the token.
"""

import fcntl
import os
import secrets
import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PREFIX = "efuda-ray-"
SECRET_FILE = "token"  # noqa: S105 - its name
LONGEST_PARENT = 16
"""Characters; the path of a Unix socket has 107, and Ray appends 80 of its own."""


@dataclass(frozen=True, slots=True)
class RayDirectory:
    """Where one Ray keeps its things; only the account that started it may look inside.

    Attributes:
        path: The directory, mode 700.
        token: A file of mode 600 with the secret that every call to this Ray must carry.
    """

    path: Path
    token: Path

    @property
    def session(self) -> Path:
        """What Ray is given. It makes this directory writable for all, but none gets there."""
        return self.path / "r"


@contextmanager
def ray_directory() -> Generator[RayDirectory]:
    """A new directory with a new token for the time of the block.

    What killed runs of this account have left behind is removed first.
    """
    parent = _parent()
    _remove_leftovers(parent)
    path = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
    token = path / SECRET_FILE
    descriptor = os.open(token, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        # Held as long as the process lives, so that others see whether it does.
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        os.write(descriptor, secrets.token_hex(32).encode())
        yield RayDirectory(path, token)
    finally:
        shutil.rmtree(path, ignore_errors=True)
        os.close(descriptor)


def _parent() -> Path:
    usual = Path(tempfile.gettempdir())
    return usual if len(str(usual)) <= LONGEST_PARENT else Path("/tmp")  # noqa: S108 - of mode 700 below


def _remove_leftovers(parent: Path) -> None:
    for path in parent.glob(PREFIX + "*"):
        if _is_left_over(path):
            shutil.rmtree(path, ignore_errors=True)


def _is_left_over(path: Path) -> bool:
    try:
        if path.is_symlink() or path.stat().st_uid != os.getuid():
            return False
        descriptor = os.open(path / SECRET_FILE, os.O_RDWR | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    else:
        return True
    finally:
        os.close(descriptor)
