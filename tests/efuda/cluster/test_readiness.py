import json
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from components.errors import InputError
from efuda.cluster import node_facts
from efuda.cluster.jobs import EndedJob
from efuda.cluster.readiness import Needs, check_cluster, differences, missing_of

PARAMS = sha256(b"settings").hexdigest()
NEEDS = Needs(project="/birds", files=("photos",))


def fact(node: str = "10.0.0.1", **changes: object) -> dict[str, object]:
    return {
        "node": node,
        "python": "3.11",
        "ray": version("ray"),
        "efuda": version("efuda"),
        "git": True,
        "project": True,
        "same_place": True,
        "params": PARAMS,
        "missing": [],
        **changes,
    }


class OneCheck:
    """Stands in for the job service: hands back one log, and keeps what was sent."""

    def __init__(self, log: str):
        self._log = log
        self.sent: list[str] = []

    def start(self, command: str, name: str, files: Path) -> str:
        self.command = command
        self.sent = [path.name for path in files.iterdir()]
        return name

    def follow(self, job, tell=lambda _: None):
        return EndedJob("SUCCEEDED", 0, "", self._log)


def test_nothing_is_missing_where_all_is_there():
    assert missing_of([fact(), fact("10.0.0.2")], NEEDS, PARAMS) == []


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"efuda": None}, "Efuda is not installed"),
        ({"efuda": "0.0.1"}, "Efuda is 0.0.1 there"),
        ({"git": False}, "git is not installed"),
        ({"project": False}, "there is no project at /birds; name its path with --path"),
        ({"same_place": False}, "/birds is not the same, writable place on all nodes"),
        ({"params": "another"}, "params.yaml in /birds is not the one here"),
        ({"missing": ["photos"]}, "photos is not there"),
        ({"fault": "GetTimeoutError"}, "it does not answer, GetTimeoutError"),
    ],
)
def test_each_thing_that_is_missing_is_told_with_its_node(changes, told):
    facts = [fact(), fact("10.0.0.2", **changes)]
    (clause,) = missing_of(facts, NEEDS, PARAMS)
    assert told in clause
    assert clause.endswith("(node 10.0.0.2)")


def test_nodes_with_the_same_fault_are_told_together():
    facts = [fact(git=False), fact("10.0.0.2", git=False)]
    assert missing_of(facts, NEEDS, PARAMS) == ["git is not installed (node 10.0.0.1, 10.0.0.2)"]


def test_other_versions_of_what_computes_are_noted():
    (note,) = differences([fact(ray="2.1.0"), fact()])
    assert note.startswith("note: Ray is 2.1.0 on the cluster")


def test_the_check_sends_one_file_and_says_everything_at_once(tmp_path):
    (tmp_path / "params.yaml").write_bytes(b"settings")
    facts = [fact(git=False, missing=["photos"])]
    jobs: Any = OneCheck(f"chatter\n{node_facts.MARK} {json.dumps(facts)}\n")
    with pytest.raises(InputError, match=r"git is not installed .*; photos is not there"):
        check_cluster(jobs, NEEDS, tmp_path / "params.yaml", "job")
    assert jobs.sent == ["node_facts.py"]
    good: Any = OneCheck(f"{node_facts.MARK} {json.dumps([fact(), fact()])}")
    assert check_cluster(good, NEEDS, tmp_path / "params.yaml", "job") == (2, [])


def test_a_check_that_could_not_run_is_told(tmp_path):
    (tmp_path / "params.yaml").touch()
    jobs: Any = OneCheck("sh: python: not found\n")
    with pytest.raises(InputError, match="python: not found"):
        check_cluster(jobs, NEEDS, tmp_path / "params.yaml", "job")
