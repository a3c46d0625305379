"""The one place that starts, joins and stops Ray."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

OBJECT_STORE_BYTES = 256 << 20

QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",  # nothing is sent to anyone
    "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0",  # else workers run in a copy of the directory
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",  # 0-GPU tasks keep their GPU variables
}
# A cluster that lives for one stage needs no token file in HOME, but then nobody
# else may reach it. Ray swaps 127.0.0.1 for the outer address of the machine unless
# it believes that this machine cannot be part of a larger cluster, which is what the
# second variable says; despite its name it holds on Linux too.
LOOPBACK_ONLY = {
    "RAY_AUTH_MODE": "disabled",
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
}


def cluster_address() -> str | None:
    """Address of the cluster that the user named in `RAY_ADDRESS`, or None."""
    address = os.environ.get("RAY_ADDRESS", "").strip()
    return None if address in ("", "local") else address


@contextmanager
def ray_session(num_cpus: int | None = None) -> Iterator[None]:
    """Give the block a running Ray and stop what was started for it.

    With `RAY_ADDRESS` set it joins that cluster and only disconnects at the end.
    Otherwise it starts a small cluster that listens on the loopback interface
    alone, and stops it. Inside an open session it does nothing, so sessions nest.

    Args:
        num_cpus: cores of the local cluster; None means all that this process may
            use. Ignored when joining a cluster.
    """
    address = cluster_address()
    with _environment(QUIET if address else QUIET | LOOPBACK_ONLY):
        import ray

        if ray.is_initialized():
            yield
            return
        if address:
            ray.init(address=address, logging_level="ERROR", log_to_driver=False)
        else:
            _start_local(num_cpus)
        try:
            yield
        finally:
            ray.shutdown()
            _believe_in_clusters(possible=True)


@contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    """Set what the user has not set, for the time of the block."""
    added = {name: value for name, value in variables.items() if name not in os.environ}
    os.environ.update(added)
    try:
        yield
    finally:
        for name in added:
            os.environ.pop(name, None)


def _start_local(num_cpus: int | None) -> None:
    import ray

    if os.environ["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] == "0":
        _believe_in_clusters(possible=False)
    ray.init(
        address="local",
        num_cpus=num_cpus or len(os.sched_getaffinity(0)),
        include_dashboard=False,
        object_store_memory=OBJECT_STORE_BYTES,
        logging_level="ERROR",
        log_to_driver=False,
    )


def _believe_in_clusters(*, possible: bool) -> None:
    # Ray reads the variable once, when it is imported, which may have been long ago.
    from ray._private import ray_constants

    ray_constants.ENABLE_RAY_CLUSTER = possible
