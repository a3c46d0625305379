"""Folders in which new versions are made, and how one takes the place of the old.

A staging folder lies beside the target, since a rename works within one file
system only, and holds a lock file that its maker keeps locked. The kernel frees
a lock when its holder ends, however it ends, so a staging folder whose lock can
be taken belongs to nobody and is removed; process ids, which are reused and mean
nothing on another machine, play no part. Where the file system has no locks,
nothing is removed.
"""

import ctypes
import errno
import fcntl
import os
import shutil
import warnings
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

_LOCK = ".efuda-lock"
_RETIRED = ".efuda-retired"
"""Beside the new version in a staging folder: the old one, where they cannot be exchanged."""
_AT_WORKING_DIRECTORY = -100
_RENAME_EXCHANGE = 2
_NO_EXCHANGE = (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EPERM)
_OCCUPIED = (errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR)
_NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EINVAL)


@contextmanager
def staged(target: Path) -> Generator[Path]:
    """Yield where to make the new version of ``target``: under its own name, in a new folder.

    The folder of the target is made if it is missing, and what killed processes
    left there is removed first. The staging folder is removed at the end, with
    all that is in it then.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    sweep(target.parent)
    staging, lock = _new_staging(target.parent)
    try:
        yield staging / target.name
    except OSError as fault:
        # A write that fails knows no name; people ask which file, and so which disk.
        if fault.errno is not None and fault.filename is None:
            fault.filename = str(target)
        raise
    finally:
        shutil.rmtree(staging, ignore_errors=True)
        os.close(lock)


def sweep(folder: Path) -> None:
    """Remove the staging folders in ``folder`` that no living process holds.

    One whose process was killed between the two renames of :func:`take_place`
    holds the only whole versions: the new one is put in its place first.
    """
    with os.scandir(folder) as entries:
        found = [Path(entry) for entry in entries if _is_staging(entry.name)]
    for staging in found:
        try:
            lock = _take_lock(staging)
        except OSError:
            continue  # held by its maker, gone by now, or without locks
        with suppress(OSError):
            _finish_interrupted(staging)
        shutil.rmtree(staging, ignore_errors=True)
        os.close(lock)


def sweep_below(folder: Path) -> None:
    """Remove such staging folders at any depth below ``folder``; hidden ones are passed over."""
    for directory, folders, _ in os.walk(folder):
        left = [name for name in folders if _is_staging(name)]
        folders[:] = [name for name in folders if not name.startswith(".")]
        if left:
            sweep(Path(directory))


def take_place(new: Path, path: Path) -> None:
    """Put the staged directory ``new`` at ``path``; an old version ends up in the staging folder.

    Old and new are exchanged in one step, so at every moment one whole version
    lies at ``path``. A file system without that step (most network ones) leaves
    ``path`` empty between two renames; a warning says so. If the process is
    killed just there, the next write in the folder puts the new version in its
    place.
    """
    while True:
        try:
            new.rename(path)  # nothing is there, or an empty directory
        except OSError as fault:
            if fault.errno not in _OCCUPIED:
                raise
        else:
            return
        try:
            exchange(new, path)
        except FileNotFoundError:
            continue  # removed by another since
        except OSError as fault:
            if fault.errno not in _NO_EXCHANGE:
                raise
            _rename_twice(new, path)
        return


def exchange(one: Path, other: Path) -> None:
    """Swap what lies at two existing paths of one file system, in one step.

    Raises:
        OSError: ENOENT if one does not exist; one of EINVAL, ENOSYS, ENOTSUP, EPERM if
            the system or the file system cannot.
    """
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if rename is None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    here = _AT_WORKING_DIRECTORY
    if rename(here, os.fsencode(one), here, os.fsencode(other), _RENAME_EXCHANGE):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), str(one), None, str(other))


def _rename_twice(new: Path, path: Path) -> None:
    warnings.warn(
        f"The file system of {path.parent} cannot exchange two directories in one step: a "
        f"process that reads {path.name} at the wrong moment finds nothing there. Keep the "
        "project on a local disk if others read it while it is written.",
        RuntimeWarning,
        stacklevel=2,
    )
    retired = new.with_name(_RETIRED)
    path.rename(retired)
    try:
        new.rename(path)
    except BaseException:
        retired.rename(path)
        raise


def _new_staging(folder: Path) -> tuple[Path, int]:
    """A new staging folder and the open file that holds its lock."""
    while True:
        staging = folder / f".efuda-{uuid4().hex[:12]}.tmp"
        staging.mkdir()
        try:
            return staging, _take_lock(staging)
        except (FileNotFoundError, BlockingIOError):
            continue  # swept before the lock was taken
        except OSError as fault:
            if fault.errno not in _NO_LOCKS:
                shutil.rmtree(staging, ignore_errors=True)
                raise
            # Nobody can take a lock here, so nobody will remove the folder either.
            return staging, os.open(staging, os.O_RDONLY)


def _take_lock(staging: Path) -> int:
    """The open lock file of a staging folder, locked.

    Raises:
        BlockingIOError: If another holds it.
        FileNotFoundError: If the folder is gone.
        OSError: If the file system has no locks.
    """
    path = staging / _LOCK
    lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Raises, or differs, if the folder was swept between opening and locking.
        if not os.path.samestat(path.stat(), os.fstat(lock)):
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))
    except OSError:
        os.close(lock)
        raise
    return lock


def _is_staging(name: str) -> bool:
    return name.startswith(".efuda-") and name.endswith(".tmp")


def _finish_interrupted(staging: Path) -> None:
    """Put in its place the new version for which the old one had already been retired."""
    if not (staging / _RETIRED).exists():
        return
    for new in staging.iterdir():
        place = staging.parent / new.name
        if new.name not in (_LOCK, _RETIRED) and not os.path.lexists(place):
            new.rename(place)
