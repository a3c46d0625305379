"""Whether a cluster can run a project: asked on every node, before anything starts."""

import json
import platform
import shlex
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

from components.errors import InputError
from efuda.cluster import node_facts
from efuda.cluster.jobs import EndedJob, Jobs


@dataclass(frozen=True, kw_only=True, slots=True)
class Needs:
    """What a run needs on the nodes.

    Attributes:
        project: The project's path there; None where the job makes a copy of its own.
        files: What the stages read, from the project's path.
        folders: Whole paths that the job's node must see.
    """

    project: str | None = None
    files: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()


def check_cluster(jobs: Jobs, needs: Needs, params: Path, name: str) -> tuple[int, list[str]]:
    """Ask every node; the number of nodes, and what differs without being in the way.

    Raises:
        InputError: With everything that is missing, in one message.
    """
    question = {"project": needs.project, "files": needs.files, "folders": needs.folders}
    with tempfile.TemporaryDirectory(prefix="efuda-check-") as directory:
        script = Path(shutil.copy(node_facts.__file__, directory))
        command = f"python {script.name} {shlex.quote(json.dumps(question))}"
        ended = jobs.follow(jobs.start(command, f"{name}-check", Path(directory)))
    facts = _answers(ended)
    missing = missing_of(facts, needs, sha256(params.read_bytes()).hexdigest())
    if missing:
        raise InputError("The cluster cannot run this project: " + "; ".join(missing) + ".")
    return len(facts), differences(facts)


def _answers(ended: EndedJob) -> list[dict[str, Any]]:
    for line in ended.log.splitlines():
        if line.startswith(node_facts.MARK):
            return json.loads(line.removeprefix(node_facts.MARK))
    last = (ended.log.strip() or ended.message).split("\n")[-1]
    raise InputError(
        "The nodes could not be asked, since a first small job failed there: "
        f"{last}. The `python` of the head node must be one that has Ray and Efuda."
    )


def missing_of(facts: Sequence[Mapping[str, Any]], needs: Needs, params: str) -> list[str]:
    """A clause for each thing that is in the way, with the nodes where it is.

    Args:
        facts: What the nodes answered.
        needs: What was asked.
        params: SHA-256 of params.yaml here.
    """
    here = version("efuda")
    found: dict[str, list[str]] = {}
    for fact in facts:
        for clause in _clauses(fact, needs, params, here):
            found.setdefault(clause, []).append(str(fact["node"]))
    return [f"{clause} (node {', '.join(nodes)})" for clause, nodes in found.items()]


def _clauses(fact: Mapping[str, Any], needs: Needs, params: str, here: str) -> list[str]:
    if "fault" in fact:
        return [f"it does not answer, {fact['fault']}"]
    clauses: list[str] = []
    if fact["efuda"] is None:
        clauses.append("Efuda is not installed")
    elif fact["efuda"] != here:
        clauses.append(f"Efuda is {fact['efuda']} there and {here} here")
    if not fact["git"]:
        clauses.append("git is not installed")
    if not fact["project"]:
        return [*clauses, f"there is no project at {needs.project}; name its path with --path"]
    if not fact["same_place"]:
        clauses.append(f"{needs.project} is not the same, writable place on all nodes")
    if needs.project is not None and fact["params"] != params:
        clauses.append(f"params.yaml in {needs.project} is not the one here")
    clauses += [f"{name} is not there" for name in fact["missing"]]
    return clauses


def differences(facts: Sequence[Mapping[str, Any]]) -> list[str]:
    """Sentences on versions of Python and Ray that are not those of this machine."""
    ours = {
        "python": ".".join(platform.python_version_tuple()[:2]),
        "ray": version("ray"),
    }
    told: list[str] = []
    for name, mine in ours.items():
        theirs = sorted({str(fact[name]) for fact in facts} - {mine})
        if theirs:
            told.append(
                f"note: {name.capitalize()} is {', '.join(theirs)} on the cluster, {mine} here; "
                "the cluster's is what computes."
            )
    return told
