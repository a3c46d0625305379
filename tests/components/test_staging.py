"""Staging folders on file systems that cannot exchange directories, or have no locks."""

import errno
import fcntl
import subprocess
import sys
from pathlib import Path

import pytest

from components import staging
from components.atomic import atomic_directory, write_text


def _refuse(*_paths: Path) -> None:
    raise OSError(errno.EINVAL, "no exchange here")


def _replace(path: Path, text: str) -> None:
    with atomic_directory(path) as new:
        (new / "part").write_text(text)


def test_without_an_exchange_the_new_version_takes_its_place_and_a_warning_says_how(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staging, "exchange", _refuse)
    path = tmp_path / "artefact"
    _replace(path, "old")
    with pytest.warns(RuntimeWarning, match="cannot exchange two directories"):
        _replace(path, "new")
    assert (path / "part").read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_without_an_exchange_the_old_version_comes_back_if_the_new_one_cannot_take_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "artefact"
    _replace(path, "old")
    monkeypatch.setattr(staging, "exchange", _refuse)
    rename = Path.rename

    def fail_for_new(self: Path, target: Path) -> Path:
        if self.name == "artefact" and ".efuda-" in str(self) and not target.exists():
            raise OSError(errno.EIO, "the disk failed")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fail_for_new)
    with pytest.warns(RuntimeWarning), pytest.raises(OSError, match="the disk failed"):
        _replace(path, "new")
    assert (path / "part").read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


KILLED_BETWEEN_RENAMES = """
import errno, os, sys, warnings
from pathlib import Path
from components import staging
from components.atomic import atomic_directory

warnings.simplefilter("ignore")

def refuse(*_paths):
    raise OSError(errno.EINVAL, "no exchange here")

rename = Path.rename

def die_before_new(self, target):
    if self.name == "artefact" and ".efuda-" in str(self) and not target.exists():
        os._exit(9)
    return rename(self, target)

staging.exchange, Path.rename = refuse, die_before_new
with atomic_directory(Path(sys.argv[1])) as new:
    (new / "part").write_text("new")
"""


def test_a_process_killed_between_two_renames_is_finished_by_the_next_write(
    tmp_path: Path,
) -> None:
    path = tmp_path / "artefact"
    _replace(path, "old")
    done = subprocess.run([sys.executable, "-c", KILLED_BETWEEN_RENAMES, str(path)], check=False)
    assert done.returncode == 9
    assert not path.exists()
    write_text(tmp_path / "another.txt", "x")
    assert (path / "part").read_text() == "new"
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["another.txt", "artefact"]


def test_without_locks_things_are_written_and_nothing_is_swept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_locks(*_arguments: int) -> None:
        raise OSError(errno.ENOLCK, "no locks here")

    monkeypatch.setattr(fcntl, "flock", no_locks)
    left = tmp_path / ".efuda-0123456789ab.tmp"
    left.mkdir()
    _replace(tmp_path / "artefact", "new")
    assert (tmp_path / "artefact" / "part").read_text() == "new"
    assert left.exists()


def test_only_staging_folders_are_swept(tmp_path: Path) -> None:
    mine = [tmp_path / ".efuda", tmp_path / ".notes.tmp", tmp_path / ".efuda-cache"]
    for folder in mine:
        folder.mkdir()
    (tmp_path / ".efuda-0123456789ab.tmp").mkdir()
    write_text(tmp_path / "a.txt", "x")
    assert sorted(tmp_path.iterdir()) == sorted([*mine, tmp_path / "a.txt"])
