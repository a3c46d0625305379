"""What runs on a node that shares no path: unpack, pull, run, push.

The node has a copy of the project for the time of the job. What was finished is pushed also
when a stage fails, so the next job goes on from there.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from components.errors import InputError
from efuda.cluster.archives import unpack
from efuda.cluster.shipment import ARCHIVE
from efuda.cluster.small_results import pack_results
from efuda.cluster.store import dvc, send

OTHER_CLUSTER = ("RAY_ADDRESS", "RAY_JOB_CONFIG_JSON_ENV_VAR")
"""The job's own cluster: the other nodes do not see this copy, so the stages stay on this one."""


def run_job(remote: str, folder: str, key: str, arguments: Sequence[str]) -> int:
    """Run the project that lies packed in the current directory; the status of `efuda run`.

    Args:
        remote: Name of the DVC remote.
        folder: Where the remote lies, if it is a folder on the disk; else empty.
        key: Name of the job.
        arguments: Of `efuda run`.

    Raises:
        InputError: If the data cannot be fetched or brought away.
    """
    archive = Path(ARCHIVE).absolute()
    for name in OTHER_CLUSTER:
        os.environ.pop(name, None)
    with tempfile.TemporaryDirectory(prefix="efuda-job-") as directory:
        root = Path(directory)
        _make_project(archive, root, remote, folder)
        dvc(root, "pull", "--remote", remote, "--allow-missing")
        command = [sys.executable, "-m", "efuda.cli", "run", *arguments]
        status = subprocess.run(command, cwd=root).returncode
        if (root / "dvc.lock").exists():
            dvc(root, "push", "--remote", remote)
        results = root / ".efuda" / "results.tar.gz"
        results.parent.mkdir(exist_ok=True)
        pack_results(root, results)
        send(root, remote, results, key)
    return status


def _make_project(archive: Path, root: Path, remote: str, folder: str) -> None:
    unpack(archive, root)
    subprocess.run(["git", "init", "--quiet"], cwd=root, check=True)
    if folder:
        dvc(root, "remote", "modify", "--local", remote, "url", folder)


def main() -> int:
    """Entry point of the job."""
    from project.environment import quiet_environment

    quiet_environment()
    remote, folder, key, *arguments = sys.argv[1:]
    try:
        return run_job(remote, folder, key, arguments)
    except InputError as fault:
        print(f"efuda submit: {fault}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
