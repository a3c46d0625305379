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
# Ray swaps 127.0.0.1 for the outer address of the machine unless it believes that this
# machine cannot be part of a larger cluster; despite its name the variable holds on Linux too.
LOOPBACK_ONLY = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"}
# More patience than Ray has by itself: on a busy machine the proxy of Ray Serve would be killed
# and started over because it took more than five seconds to get up, again and again.
PATIENT = {
    "RAY_SERVE_PROXY_READY_CHECK_TIMEOUT_S": "120",
    "RAY_SERVE_PROXY_HEALTH_CHECK_TIMEOUT_S": "60",
    "RAY_worker_register_timeout_seconds": "300",
    "RAY_gcs_server_request_timeout_seconds": "300",
    "RAY_health_check_failure_threshold": "20",
}
AUTHENTICATION = ("RAY_AUTH_MODE", "RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH")
"""How Ray is told whether calls need a secret, and which."""


def quiet_environment() -> None:
    """Switch off every dependency's usage statistics, unless set otherwise.

    To be called before the libraries are imported: some read their variables only then.
    """
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    # Without cached byte code each stage compiles every library anew.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


@contextmanager
def private_ray_environment(token: Path) -> Generator[None]:
    """Let a Ray that is started in the block listen on loopback, and only to who knows the token.

    Other accounts of this machine reach its ports, so the secret is asked for whatever the
    user has set for clusters; that is back in place after the block.

    Args:
        token: File with the secret.
    """
    ours: dict[str, str | None] = dict.fromkeys(AUTHENTICATION) | LOOPBACK_ONLY
    ours |= {name: value for name, value in PATIENT.items() if name not in os.environ}
    ours |= {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN_PATH": str(token)}
    with variables(ours):
        yield


@contextmanager
def variables(values: Mapping[str, str | None]) -> Generator[None]:
    """Set variables of this process, or unset them where the value is None, for the block."""
    before = {name: os.environ.get(name) for name in values}
    _set(values)
    try:
        yield
    finally:
        _set(before)


def _set(values: Mapping[str, str | None]) -> None:
    for name, value in values.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


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
