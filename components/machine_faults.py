"""Faults of the machine told as what they are: one sentence, and what to do.

A full disk reaches a program in many guises: numpy, safetensors, Arrow and SQLite each have
an exception of their own, some without the system's number for it. None of them is a fault
of the program's, and none may end in a traceback.
"""

import errno
import os
import re
import sqlite3
from collections.abc import Generator, Iterator
from contextlib import contextmanager

from components.errors import InputError

_FULL = "there is no space left on the disk"
_ROOM = "Make room and run the same command again; what was finished is kept"
_RIGHTS = (
    "Let this account read and write there, or work in a copy of the project elsewhere, and "
    "run the same command again"
)
_DISK = "Look after the disk or the file system, then run the same command again"
FAULTS: dict[int, tuple[str, str]] = {
    errno.ENOSPC: (_FULL, _ROOM),
    errno.EDQUOT: ("the disk quota of this account is used up", _ROOM),
    errno.EFBIG: ("a file would become larger than is allowed here (`ulimit -f`)", _ROOM),
    errno.EROFS: ("the file system is read-only", _RIGHTS),
    errno.EACCES: ("permission is denied", _RIGHTS),
    errno.EPERM: ("the operation is not permitted", _RIGHTS),
    errno.EIO: ("the disk does not read or write", _DISK),
    errno.ESTALE: ("the network file system lost the file", _DISK),
    errno.EMFILE: (
        "this process has too many files open",
        "Allow more (`ulimit -n 4096`) and run the same command again",
    ),
    errno.ENFILE: (
        "the machine has too many files open",
        "Close other programs and run the same command again",
    ),
    errno.ENOMEM: (
        "memory is exhausted",
        "Close other programs, or lower batch sizes in params.yaml, and run the same command again",
    ),
}
"""What happened and what to do, by the number that the system gives to the fault."""

_NUMBER = re.compile(r"\[errno (\d+)\]|\(os error (\d+)\)", re.IGNORECASE)
_SPOKEN: tuple[tuple[re.Pattern[str], int], ...] = (
    # numpy knows only how much it could not write, SQLite has sentences of its own.
    (re.compile(r"^\d+ requested and \d+ written$"), errno.ENOSPC),
    (re.compile(r"No space left on device|database or disk is full"), errno.ENOSPC),
    (re.compile(r"readonly database|Read-only file system"), errno.EROFS),
    (re.compile(r"disk I/O error"), errno.EIO),
    (re.compile(r"unable to open database file"), errno.EACCES),
    (re.compile(r"can't allocate memory|Cannot allocate memory"), errno.ENOMEM),
)


@contextmanager
def machine_faults_told() -> Generator[None]:
    """Raise what the machine could not do inside the block as an :class:`InputError`.

    Example:
        >>> import errno, os
        >>> try:
        ...     with machine_faults_told():
        ...         raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "data/index")
        ... except InputError as fault:
        ...     print(fault)
        data/index: there is no space left on the disk. Make room and run the same command again; what was finished is kept.
    """
    try:
        yield
    except (InputError, BrokenPipeError):
        raise
    except Exception as fault:
        told = machine_fault(fault)
        if told is None:
            raise
        raise told from fault


def machine_fault(fault: BaseException) -> InputError | None:
    """The fault in a sentence, if it or what led to it is one of the machine's."""
    for each in _led_to(fault):
        number = _number(each)
        if number in FAULTS:
            what, remedy = FAULTS[number]
            path = _path(each)
            return InputError(f"{f'{path}: {what}' if path else _capital(what)}. {remedy}.")
        if isinstance(each, sqlite3.OperationalError) and "locked" in str(each):
            return InputError(
                "The registry's database is locked by another program. Wait until that has ended, "
                "or stop it, and run the same command again."
            )
    return None


def _led_to(fault: BaseException) -> Iterator[BaseException]:
    """The fault, then what it was raised from, the nearest first."""
    seen: set[int] = set()
    rest: list[BaseException | None] = [fault]
    while rest:
        each = rest.pop(0)
        if each is None or id(each) in seen:
            continue
        seen.add(id(each))
        yield each
        # SQLAlchemy keeps the database's own exception in `orig`, Ray that of a task in `cause`.
        kept = (getattr(each, name, None) for name in ("orig", "cause"))
        rest += [inner for inner in kept if isinstance(inner, BaseException)]
        rest += [each.__cause__, each.__context__]


def _number(fault: BaseException) -> int | None:
    if isinstance(fault, MemoryError):
        return errno.ENOMEM
    if isinstance(fault, OSError) and fault.errno is not None:
        return fault.errno
    text = str(fault)
    found = _NUMBER.search(text)
    if found:
        return int(found[1] or found[2])
    return next((number for pattern, number in _SPOKEN if pattern.search(text)), None)


def _path(fault: BaseException) -> str | None:
    """The file as people know it: not by the name under which it is being made."""
    name = getattr(fault, "filename2", None) or getattr(fault, "filename", None)
    if not isinstance(name, str | bytes):
        return None
    return re.sub(r"\.efuda-[0-9a-f]{12}\.tmp/?", "", os.fsdecode(name))


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]
