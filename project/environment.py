"""The one place where the libraries are told to keep to themselves.

None of them may report usage, look for updates or ask a hub for files that
are already on the disk. A variable that the user has set is left as it is.
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

_QUIET = {
    "DO_NOT_TRACK": "1",
    "DVC_NO_ANALYTICS": "1",
    "GX_ANALYTICS_ENABLED": "false",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "RAY_USAGE_STATS_ENABLED": "0",
    # Ray would otherwise copy the project and run workers in the copy.
    "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0",
}


def quiet_environment() -> None:
    """Switch off every dependency's usage statistics, unless set otherwise."""
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)
    # Without cached byte code each stage compiles every library anew.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


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
