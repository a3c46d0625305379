"""Each guise in which a fault of the machine comes, made by the library whose guise it is."""

import errno
import os
import resource
import signal
import sqlite3
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from safetensors.numpy import save_file

from components.atomic import atomic_path, write_text
from components.errors import ArtefactError, InputError
from components.machine_faults import machine_fault, machine_faults_told

ZEROS = np.zeros(1 << 16)


@contextmanager
def no_large_files(limit: int = 4096) -> Generator[None]:
    """What a full disk is to a write, without filling one: the system refuses it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)


WRITERS: dict[str, Callable[[Path], object]] = {
    "text": lambda path: path.write_text("x" * 10_000),
    "numpy": lambda path: np.save(path, ZEROS),
    "parquet": lambda path: pq.write_table(
        pa.table({"x": np.random.default_rng(0).random(9999)}), path
    ),
    "safetensors": lambda path: save_file({"x": ZEROS}, path),
}


@pytest.mark.parametrize("library", WRITERS)
def test_what_cannot_be_written_is_one_sentence_and_leaves_what_was_there(tmp_path, library):
    path = tmp_path / "artefact"
    write_text(path, "before")
    with (
        no_large_files(),
        pytest.raises(InputError, match=r"(no space left|larger than is allowed).*again") as told,
        machine_faults_told(),
        atomic_path(path) as temporary,
    ):
        WRITERS[library](temporary)
    assert "\n" not in str(told.value)
    assert ".efuda-" not in str(told.value)
    assert path.read_text() == "before"
    assert [each.name for each in tmp_path.iterdir()] == ["artefact"]


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "no space left"),
        (errno.EDQUOT, "quota"),
        (errno.EROFS, "read-only"),
        (errno.EACCES, "permission is denied"),
        (errno.EMFILE, "too many files"),
        (errno.EIO, "does not read or write"),
    ],
)
def test_faults_of_the_system_name_the_file_and_what_to_do(number, words):
    told = str(machine_fault(OSError(number, os.strerror(number), "data/index")))
    assert told.startswith("data/index: ")
    assert words in told
    assert "run the same command again" in told


def test_the_file_is_called_as_people_know_it(tmp_path):
    name = str(tmp_path / "data" / ".efuda-0123456789ab.tmp" / "index" / "vectors.npy")
    told = str(machine_fault(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), name)))
    assert told.startswith(f"{tmp_path}/data/index/vectors.npy: ")


@pytest.mark.parametrize(
    "fault",
    [
        OSError("65536 requested and 4096 written"),
        RuntimeError("Error in faiss: could not write: No space left on device"),
        sqlite3.OperationalError("database or disk is full"),
        MemoryError(),
        sqlite3.OperationalError("database is locked"),
        OSError("Error writing bytes to file. Detail: [errno 28] No space left on device"),
    ],
)
def test_guises_without_a_number_are_known(fault):
    assert machine_fault(fault) is not None


def test_what_led_to_a_fault_is_looked_at():
    class WrappedError(Exception):
        orig = sqlite3.OperationalError("database or disk is full")

    outer = RuntimeError("a server's words")
    outer.__cause__ = WrappedError("the statement and its values")
    assert "no space left" in str(machine_fault(outer))


@pytest.mark.parametrize(
    "fault", [KeyError("recipe"), ValueError("28"), FileNotFoundError(2, "gone", "x")]
)
def test_a_bug_stays_a_bug(fault):
    assert machine_fault(fault) is None
    with pytest.raises(type(fault)), machine_faults_told():
        raise fault


def test_what_is_told_already_stays_as_it_is():
    said = ArtefactError("data/index is missing.")
    with pytest.raises(ArtefactError) as kept, machine_faults_told():
        raise said from OSError(errno.ENOSPC, "full")
    assert kept.value is said
