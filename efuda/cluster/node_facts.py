"""What every node of a cluster can see, printed as one line of JSON.

This file alone is sent to a cluster before anything else, so it imports nothing but Ray: that
Efuda is installed there is one of the questions.
"""

import json
import os
import platform
import shutil
import sys
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any
from uuid import uuid4

MARK = "node-facts:"
TIMEOUT_S = 60


def node_facts(question: dict[str, Any], mark: str | None) -> dict[str, Any]:
    """Facts about the node that this runs on.

    Args:
        question: ``project``, the project's path on the nodes or None; ``files``, what a run
            reads, from there; ``folders``, what else has to be there.
        mark: A file that was just written into the project by one of the nodes.
    """
    project = question["project"]
    root = Path(project or os.curdir)
    names = [*question["files"], *question["folders"]]
    return {
        "host": platform.node(),
        "python": ".".join(platform.python_version_tuple()[:2]),
        "ray": _version("ray"),
        "efuda": _version("efuda"),
        "git": shutil.which("git") is not None,
        "project": project is None or (root / "dvc.yaml").is_file(),
        "same_place": mark is None or Path(mark).is_file(),
        "params": _hash(root / "params.yaml") if project else None,
        "missing": [name for name in names if not (root / name).exists()],
    }


def ask_every_node(question: dict[str, Any]) -> list[dict[str, Any]]:
    """The facts of each living node; one that does not answer in time says so."""
    import ray
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    ray.init(log_to_driver=False)
    mark = _write_mark(question["project"])
    asked = ray.remote(num_cpus=0, max_retries=0)(node_facts)
    found: list[dict[str, Any]] = []
    try:
        # A list, since several nodes may share an address, as on one machine.
        waiting = [
            (
                node["NodeManagerAddress"],
                asked.options(
                    scheduling_strategy=NodeAffinitySchedulingStrategy(node["NodeID"], soft=False)
                ).remote(question, mark),
            )
            for node in ray.nodes()
            if node["Alive"]
        ]
        for address, answer in waiting:
            try:
                found.append({"node": address, **ray.get(answer, timeout=TIMEOUT_S)})
            except Exception as fault:  # noqa: BLE001 - whatever it is, that node cannot be used
                found.append({"node": address, "fault": str(fault).strip().split("\n")[-1]})
    finally:
        if mark is not None:
            Path(mark).unlink(missing_ok=True)
    return found


def _write_mark(project: str | None) -> str | None:
    """A file by which the other nodes can tell that they see the same place."""
    if project is None or not (Path(project) / "dvc.yaml").is_file():
        return None
    mark = Path(project) / ".efuda" / f"seen-{uuid4().hex}"
    try:
        mark.parent.mkdir(exist_ok=True)
        mark.touch()
    except OSError:
        # The caller hears that nobody sees it, which is what counts.
        return str(mark)
    return str(mark)


def _hash(path: Path) -> str | None:
    return sha256(path.read_bytes()).hexdigest() if path.is_file() else None


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


if __name__ == "__main__":
    print(MARK, json.dumps(ask_every_node(json.loads(sys.argv[1]))), flush=True)
