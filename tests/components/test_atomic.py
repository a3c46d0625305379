"""Writes that are complete or absent, seen from other threads and processes."""

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from components.atomic import atomic_directory, atomic_path, read_json, write_json, write_text
from components.errors import ArtefactError

REPLACEMENTS = 400


def _replace_often(path: Path) -> None:
    for version in range(REPLACEMENTS):
        with atomic_directory(path) as new:
            (new / "first").write_text(str(version))
            (new / "last").write_text(str(version))


def test_whoever_looks_at_a_directory_finds_a_whole_version(tmp_path: Path) -> None:
    path = tmp_path / "artefact"
    with atomic_directory(path) as new:
        (new / "first").write_text("0")
        (new / "last").write_text("0")
    # Another process, so that neither waits for the other's interpreter.
    writer = multiprocessing.get_context("fork").Process(target=_replace_often, args=(path,))
    writer.start()
    looks = 0
    while writer.is_alive():
        first = int((path / "first").read_text())
        assert int((path / "last").read_text()) >= first
        looks += 1
    writer.join()
    assert writer.exitcode == 0
    assert looks > REPLACEMENTS // 10
    assert [entry.name for entry in tmp_path.iterdir()] == ["artefact"]


def test_writers_side_by_side_leave_one_whole_version_each_time(tmp_path: Path) -> None:
    path = tmp_path / "artefact"
    failures: list[BaseException] = []

    def replace(name: str) -> None:
        try:
            for _ in range(100):
                with atomic_directory(path) as new:
                    (new / "writer").write_text(name)
                    write_text(tmp_path / "beside.txt", name)
        except BaseException as fault:  # noqa: BLE001 - told by the main thread
            failures.append(fault)

    threads = [threading.Thread(target=replace, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert (path / "writer").read_text() in "abcd"
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["artefact", "beside.txt"]


WRITER = """
import sys
from pathlib import Path
from components.atomic import atomic_directory, atomic_path
make = {"file": atomic_path, "directory": atomic_directory}[sys.argv[1]]
with make(Path(sys.argv[2])) as temporary:
    (temporary if sys.argv[1] == "file" else temporary / "part").write_text("of the other process")
    print("inside", flush=True)
    sys.stdin.readline()
"""


def _other_writer(kind: str, path: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WRITER, kind, str(path)]
    other = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=Path.cwd()
    )
    assert other.stdout is not None
    assert other.stdout.readline() == "inside\n"
    return other


@pytest.mark.parametrize("kind", ["file", "directory"])
def test_the_next_write_removes_what_a_killed_process_left(tmp_path: Path, kind: str) -> None:
    other = _other_writer(kind, tmp_path / "target")
    os.kill(other.pid, signal.SIGKILL)
    other.communicate()
    assert len(list(tmp_path.iterdir())) == 1  # the rubbish
    write_text(tmp_path / "another.txt", "x")
    assert [entry.name for entry in tmp_path.iterdir()] == ["another.txt"]


@pytest.mark.parametrize("kind", ["file", "directory"])
def test_what_a_living_process_is_writing_stays(tmp_path: Path, kind: str) -> None:
    target = tmp_path / "target"
    other = _other_writer(kind, target)
    write_text(tmp_path / "another.txt", "x")
    with atomic_directory(tmp_path / "folder"):
        pass
    other.communicate("go on\n")
    assert other.returncode == 0
    assert (target if kind == "file" else target / "part").read_text() == "of the other process"
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["another.txt", "folder", "target"]


def test_a_block_that_fails_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "artefact"
    with atomic_directory(path) as new:
        (new / "kept").write_text("old")
    with pytest.raises(ZeroDivisionError), atomic_directory(path) as new:
        (new / "kept").write_text(str(1 / 0))
    with pytest.raises(ZeroDivisionError), atomic_path(tmp_path / "file") as temporary:
        temporary.write_text(str(1 / 0))
    assert (path / "kept").read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["artefact"]


def test_a_directory_takes_the_place_of_an_empty_one_and_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("x")
    for name in ("empty", "file", "below/it"):
        with atomic_directory(tmp_path / name) as new:
            (new / "part").write_text(name)
        assert (tmp_path / name / "part").read_text() == name


def test_the_temporary_file_keeps_the_name(tmp_path: Path) -> None:
    """Libraries choose a format by the suffix."""
    with atomic_path(tmp_path / "array.npy") as temporary:
        assert temporary.name == "array.npy"
        temporary.write_bytes(b"")


def test_json_is_read_back_and_faults_say_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    with pytest.raises(ArtefactError, match="run the stage"):
        read_json(path)
    write_json(path, {"a": [1, None]})
    assert read_json(path) == {"a": [1, None]}
    path.write_text("{")
    with pytest.raises(ArtefactError, match="delete it"):
        read_json(path)
