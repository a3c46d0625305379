"""Where a Ray of this process keeps its things."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from project import ray_directory as module
from project.ray_directory import ray_directory

KILLED = """
import os, signal
from project.ray_directory import ray_directory
with ray_directory() as directory:
    print(directory.path, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(autouse=True)
def _parent(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_parent", lambda: tmp_path)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_only_this_account_can_look_inside_and_nothing_stays():
    with ray_directory() as first, ray_directory() as second:
        assert mode(first.path) == 0o700
        assert mode(first.token) == 0o600
        assert first.session.parent == first.path
        assert len(first.token.read_text()) == 64
        assert first.token.read_text() != second.token.read_text()
    assert not first.path.exists()
    assert not second.path.exists()


def test_what_a_killed_run_left_is_removed_and_what_is_in_use_stays(tmp_path, monkeypatch):
    monkeypatch.undo()
    environment = {**os.environ, "TMPDIR": "/tmp"}
    done = subprocess.run(
        [sys.executable, "-c", KILLED], capture_output=True, text=True, env=environment, check=False
    )
    left = Path(done.stdout.strip())
    assert left.is_dir(), done.stderr
    monkeypatch.setattr(module, "_parent", lambda: left.parent)
    foreign = tmp_path / "not-ours"
    foreign.mkdir()
    with ray_directory() as in_use, ray_directory():
        assert not left.exists()
        assert in_use.token.exists()
    assert foreign.exists()
