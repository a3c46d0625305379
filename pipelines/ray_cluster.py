"""The one place that starts, joins and stops Ray."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

LOOPBACK = "127.0.0.1"
OBJECT_STORE_BYTES = 256 << 20

# Set before Ray is imported: Ray reads some of them only once.
QUIET_ENVIRONMENT = {
    "RAY_USAGE_STATS_ENABLED": "0",  # nothing is sent to anyone
    "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0",  # else workers run in a copy of the directory
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",  # keep GPU variables as they are for 0-GPU tasks
    "RAY_TRAIN_ENABLE_V2_MIGRATION_WARNINGS": "0",
}


def cluster_address() -> str | None:
    """Address of the cluster that the user named in `RAY_ADDRESS`, or None."""
    address = os.environ.get("RAY_ADDRESS", "").strip()
    return None if address in ("", "local") else address


@contextmanager
def ray_session(num_cpus: int | None = None) -> Iterator[None]:
    """Give the block a running Ray and stop what was started for it.

    With `RAY_ADDRESS` set it joins that cluster and only disconnects at the end.
    Otherwise it starts a small cluster on the loopback interface and stops it.
    Inside a session that is already open it does nothing, so sessions may nest.

    Args:
        num_cpus: cores of the local cluster; None means all that this process may
            use. Ignored when joining a cluster.
    """
    for name, value in QUIET_ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    address = cluster_address()
    if address is None:
        # Token authentication would write a file into HOME; a cluster on loopback
        # that lives for one stage does not need it.
        os.environ.setdefault("RAY_AUTH_MODE", "disabled")
    import ray

    if ray.is_initialized():
        yield
        return
    if address is None:
        _start_local(num_cpus)
    else:
        ray.init(address=address, logging_level="ERROR", log_to_driver=False)
    try:
        yield
    finally:
        ray.shutdown()


def _start_local(num_cpus: int | None) -> None:
    import ray

    ray.init(
        address="local",
        num_cpus=num_cpus or len(os.sched_getaffinity(0)),
        include_dashboard=False,
        object_store_memory=OBJECT_STORE_BYTES,
        _node_ip_address=LOOPBACK,
        logging_level="ERROR",
        log_to_driver=False,
    )
