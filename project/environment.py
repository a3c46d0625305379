"""The one place where the libraries are told to keep to themselves.

None of them may report usage, look for updates, ask a hub for files that are
already on the disk, or listen for other machines. A variable that the user
has set is left as it is.
"""

import os
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

QUIET = {
    "DO_NOT_TRACK": "1",
    "DVC_NO_ANALYTICS": "1",
    "GX_ANALYTICS_ENABLED": "false",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_LOGGING_LEVEL": "ERROR",
    # The newer console output of Ray Tune prints a banner whatever its verbosity.
    "RAY_AIR_NEW_OUTPUT": "0",
    "RAY_USAGE_STATS_ENABLED": "0",
    # Ray would otherwise copy the project and run workers in the copy.
    "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0",
    # Tasks that take no GPU keep their variables about GPUs.
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
}
# A Ray that this process starts for itself needs no token file in HOME, but then nobody
# else may reach it. Ray swaps 127.0.0.1 for the outer address of the machine unless
# it believes that this machine cannot be part of a larger cluster, which is what the
# second variable says; despite its name it holds on Linux too.
LOOPBACK_ONLY = {
    "RAY_AUTH_MODE": "disabled",
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
}


def quiet_environment() -> None:
    """Switch off every dependency's usage statistics, unless set otherwise.

    To be called before the libraries are imported: some read their variables only then.
    """
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    # Without cached byte code each stage compiles every library anew.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


@contextmanager
def loopback_environment() -> Generator[None]:
    """Keep Ray on the loopback interface for the time of the block.

    Afterwards the variables are gone: a later block may join a real cluster.
    """
    added = {name: value for name, value in LOOPBACK_ONLY.items() if name not in os.environ}
    os.environ.update(added)
    try:
        yield
    finally:
        for name in added:
            os.environ.pop(name, None)


def with_this_python_first(environment: Mapping[str, str]) -> dict[str, str]:
    """A copy of ``environment`` whose ``python`` is the one that runs now.

    DVC starts the command of a stage through the shell, which takes ``python``
    from PATH: called by its full path, `efuda run` would otherwise run the
    stages with whatever Python the system has.
    """
    # Not resolved: the venv's python is a link, and its folder is what counts.
    ours = str(Path(sys.executable).parent)
    folders = [ours, *environment.get("PATH", os.defpath).split(os.pathsep)]
    return {**environment, "PATH": os.pathsep.join(dict.fromkeys(folders))}
