"""`efuda submit`: `efuda run` as a job of a Ray cluster."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from components.errors import InputError
from efuda.command_answer import Answer


def submit(
    ctx: typer.Context,
    address: Annotated[
        str | None,
        typer.Option(
            help="Of the cluster's dashboard (default: RAY_API_SERVER_ADDRESS, or "
            "http://127.0.0.1:8265)."
        ),
    ] = None,
    path: Annotated[
        Path | None,
        typer.Option(help="The project's path on the nodes (default: the same as here)."),
    ] = None,
    remote: Annotated[
        str | None,
        typer.Option(
            help="For nodes that share no path: send and fetch data by this DVC remote, and "
            "work on one node."
        ),
    ] = None,
    fetch: Annotated[
        str | None,
        typer.Option(
            metavar="JOB",
            help="Start nothing; bring back what this job left in the --remote.",
        ),
    ] = None,
    gpus: Annotated[
        int, typer.Option(min=0, help="GPUs that the job's own process takes, on their node.")
    ] = 0,
    wait: Annotated[
        bool, typer.Option("--wait/--no-wait", help="Follow the job until it ends.")
    ] = True,
) -> Answer:
    """Run the project on a Ray cluster.

    What follows the options goes to `efuda run` there: `efuda submit train` stops after train.
    Before anything starts every node is asked for what the run needs. The exit status is that
    of the job; Ctrl+C stops following it, not the job.
    """
    from efuda.cluster.submission import Submission, fetched, submit_project
    from efuda.commands.run import fitted_project

    for line in fitted_project(Path()):
        print(f"efuda submit: {line}", file=sys.stderr)
    if path is not None and remote is not None:
        raise InputError(
            "--path is for nodes that share a path and --remote for those that do not; give one."
        )
    if fetch is not None:
        if remote is None:
            raise InputError("--fetch brings back from a DVC remote; name it with --remote.")
        return fetched(remote, fetch)
    return submit_project(
        Submission(
            address=address,
            path=path,
            remote=remote,
            num_gpus=gpus,
            wait=wait,
            arguments=tuple(ctx.args),
        ),
        tell=lambda text: print(f"efuda submit: {text}", file=sys.stderr, flush=True),
    )
