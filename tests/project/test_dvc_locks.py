import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from project.dvc_locks import LOCK_FILE, free_dead_locks


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / LOCK_FILE
    path.parent.mkdir(parents=True)
    return path


def held_by(pid: int) -> dict[str, object]:
    return {"pid": pid, "cmd": "dvc repro"}


def test_a_killed_process_that_nobody_has_buried_holds_nothing(path, tmp_path):
    zombie = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    zombie.kill()
    os.waitid(os.P_PID, zombie.pid, os.WEXITED | os.WNOWAIT)  # dead, and not reaped
    mine, dead = held_by(os.getpid()), held_by(zombie.pid)
    noted = {"write": {"a": dead, "b": mine}, "read": {"c": [dead, mine], "d": [dead]}}
    path.write_text(json.dumps(noted), encoding="utf-8")
    free_dead_locks(tmp_path)
    zombie.wait()
    assert json.loads(path.read_text()) == {"write": {"b": mine}, "read": {"c": [mine]}}


def test_a_living_command_named_by_its_script_still_holds(path, tmp_path):
    script = tmp_path / "annotate"
    script.write_text(f"#!{sys.executable}\nimport time\nprint('up', flush=True)\ntime.sleep(60)\n")
    script.chmod(0o755)
    noted = {"write": {}, "read": {}}
    with subprocess.Popen([script], stdout=subprocess.PIPE) as living:
        assert living.stdout is not None
        living.stdout.readline()
        noted["write"] = {"a": held_by(living.pid)}
        path.write_text(json.dumps(noted))
        free_dead_locks(tmp_path)
        living.kill()
    assert json.loads(path.read_text()) == noted


def test_another_program_of_that_number_holds_nothing(path, tmp_path):
    with subprocess.Popen(["sleep", "60"]) as other:
        path.write_text(json.dumps({"write": {"a": held_by(other.pid)}, "read": {}}))
        free_dead_locks(tmp_path)
        other.kill()
    assert json.loads(path.read_text()) == {"write": {}, "read": {}}


@pytest.mark.parametrize("content", ["", '{"write": {"a"', "[]"])
def test_notes_that_were_cut_off_are_thrown_away(path, tmp_path, content):
    path.write_text(content, encoding="utf-8")
    free_dead_locks(tmp_path)
    assert not path.exists()


def test_without_notes_there_is_nothing_to_do(tmp_path):
    free_dead_locks(tmp_path)
    assert list(tmp_path.iterdir()) == []
