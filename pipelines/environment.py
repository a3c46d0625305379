"""Process environment: nothing phones home, and byte code is kept."""

import os

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
