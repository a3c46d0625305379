"""From a project here to a job that ran there, and what is reported of it."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from components.errors import InputError
from efuda.cluster.jobs import EndedJob, Jobs, job_address, say
from efuda.cluster.readiness import Needs, check_cluster
from efuda.cluster.shared_path import needs_of, project_path, shared_command
from efuda.command_answer import Answer
from efuda.commands.run import stages_run
from project.layout import Layout
from project.settings import load_settings

INTERRUPTED = 130


@dataclass(frozen=True, kw_only=True, slots=True)
class Submission:
    """What was asked for: see the options of `efuda submit`."""

    address: str | None
    path: Path | None
    remote: str | None
    num_gpus: int
    wait: bool
    arguments: tuple[str, ...]


def submit_project(asked: Submission, tell: Callable[[str], object]) -> Answer:
    """Check the cluster, start the job, follow it, and bring back what does not lie there.

    Args:
        asked: Of the project in the current directory.
        tell: Takes sentences about what is going on.

    Raises:
        InputError: If the cluster cannot be reached, or lacks something that the run needs.
    """
    jobs = Jobs(job_address(asked.address))
    name = f"efuda-{time.strftime('%Y%m%d-%H%M%S')}-{uuid4().hex[:4]}"
    if asked.remote is not None:
        from efuda.cluster.stored import submit_through_store

        return submit_through_store(jobs, asked, asked.remote, name, tell)
    project = project_path(asked.path)
    needs = needs_of(project, load_settings())
    check_and_tell(jobs, needs, name, tell)
    job = jobs.start(shared_command(project, asked.arguments), name, num_gpus=asked.num_gpus)
    if not asked.wait:
        return started(jobs, job)
    tell(f"job {job} has started")
    return followed(jobs, job)


def fetched(remote: str, job: str) -> Answer:
    """Bring back what a job left in a DVC remote.

    Raises:
        InputError: If it left nothing there, or the project was run here meanwhile.
    """
    from efuda.cluster.stored import fetch_results

    if not fetch_results(Path(), remote, job):
        raise InputError(
            f"The remote {remote!r} holds nothing of {job}: it has not ended, or was fetched before."
        )
    return Answer(
        {"ok": True, "job": job, "fetched": True},
        [f"Fetched what {job} left.", "What is left to do, such as register, does: efuda run"],
    )


def check_and_tell(jobs: Jobs, needs: Needs, name: str, tell: Callable[[str], object]) -> None:
    """Ask the nodes, with a word before and after."""
    tell(f"asking the nodes of {jobs.address} …")
    num_nodes, notes = check_cluster(jobs, needs, Layout().params, name)
    for note in notes:
        tell(note)
    tell(f"{num_nodes} node{'s' if num_nodes > 1 else ''} can run this project")


def started(jobs: Jobs, job: str) -> Answer:
    """What is told of a job that is not waited for."""
    report = {"ok": True, "job": job, "address": jobs.address, "status": "STARTED"}
    return Answer(report, [f"Started {job}.", _how_to_follow(jobs, job)])


def followed(jobs: Jobs, job: str) -> Answer:
    """Show what a job writes until it ends, or until Ctrl+C, which lets it go on."""
    try:
        ended = jobs.follow(job, say)
    except KeyboardInterrupt:
        report = {"ok": False, "job": job, "address": jobs.address, "status": "LEFT"}
        lines = [f"Job {job} goes on without being followed.", _how_to_follow(jobs, job)]
        return Answer(report, lines, INTERRUPTED)
    return ended_answer(jobs, job, ended)


def _how_to_follow(jobs: Jobs, job: str) -> str:
    return f"Follow it with: ray job logs --follow --address {jobs.address} {job}"


def ended_answer(jobs: Jobs, job: str, ended: EndedJob) -> Answer:
    """Report, lines and exit status of a job that ended."""
    ok = ended.exit_status == 0
    report: dict[str, object] = {
        "ok": ok,
        "job": job,
        "address": jobs.address,
        "status": ended.status,
        "exit_status": ended.exit_status,
        "ran": stages_run(ended.log),
    }
    if ok:
        return Answer(report, [f"Job {job} is done."])
    report["error"] = ended.message
    lines = [f"Job {job} {ended.status.lower()} with exit status {ended.exit_status}."]
    return Answer(report, lines, ended.exit_status)
