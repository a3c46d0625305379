"""The one place that starts, joins and stops Ray, and keeps it on this machine.

Stages open a :func:`ray_session`, which joins the user's cluster where there is one;
the service always runs in a :func:`local_ray` of its own.
"""

import logging
import os
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from components.errors import InputError
from project.environment import private_ray_environment, quiet_environment
from project.ray_directory import ray_directory

LOOPBACK = "127.0.0.1"
ALL_INTERFACES = "[::]"
OBJECT_STORE_BYTES = 256 << 20
START_ATTEMPTS = 5
SERVE_PATIENCE_S = 300


def cluster_address() -> str | None:
    """Address of the cluster that the user named in `RAY_ADDRESS`, or None."""
    address = os.environ.get("RAY_ADDRESS", "").strip()
    return None if address in ("", "local") else address


@contextmanager
def ray_session(num_cpus: int | None = None) -> Generator[None]:
    """Give the block a running Ray and stop what was started for it.

    With `RAY_ADDRESS` set it joins that cluster and only disconnects at the end.
    Otherwise it starts a :func:`local_ray`. Inside an open session it does nothing,
    so sessions nest.

    Args:
        num_cpus: Cores of the local cluster; None means all that this process may
            use. Ignored when joining a cluster.
    """
    if _is_running():
        yield
        return
    address = cluster_address()
    if address is None:
        with local_ray(num_cpus):
            yield
        return
    quiet_environment()
    import ray

    ray.init(address=address, logging_level=logging.ERROR, log_to_driver=False)
    try:
        yield
    finally:
        ray.shutdown()


@contextmanager
def local_ray(num_cpus: int | None = None) -> Generator[None]:
    """Start a small Ray that only this account can use, and stop it after the block.

    It listens on loopback alone, asks every caller for a secret that was drawn for this run,
    and keeps its files where no other account can read them.

    Args:
        num_cpus: Cores that it hands out; None means all that this process may use.

    Raises:
        InputError: If the machine is too busy to start it.
    """
    quiet_environment()
    with ray_directory() as directory:
        with private_ray_environment(directory.token):
            import ray

            # Ray read the variable when it was imported, which may have been long ago.
            _believe_in_clusters(possible=False)
            _read_authentication()
            try:
                _start(num_cpus or num_cores(), directory.session)
                yield
            finally:
                ray.shutdown()
                _believe_in_clusters(possible=True)
        # Before the token is gone: a thread of Ray that still looks for it ends the process.
        _read_authentication()


def num_cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0))


def keep_replica_local() -> None:
    """Let this replica of Ray Serve listen on loopback alone, if its node does.

    Replicas take calls from each other over gRPC on all interfaces, whatever the
    node's address is (Ray 2.60, ``[::]:0`` in serve/_private/replica.py), and who
    can reach that port can run code. The port is opened after a deployment's own
    constructor, which is therefore the place to call this.
    """
    import ray
    from ray.serve._private import replica as module

    replica: Any = module
    if ray.util.get_node_ip_address() != LOOPBACK:
        return
    add_port = replica.add_port_to_grpc_server

    def add_local_port(server: Any, address: str) -> int:
        return add_port(server, address.replace(ALL_INTERFACES, LOOPBACK))

    replica.add_port_to_grpc_server = add_local_port


def give_serve_time() -> None:
    """Let Ray Serve wait for its proxy as long as a busy machine needs (Ray 2.60: 60 s)."""
    from ray.serve._private import api, client

    waiting: tuple[Any, ...] = (api, client)
    for module in waiting:
        module.HTTP_PROXY_TIMEOUT = SERVE_PATIENCE_S


def _is_running() -> bool:
    ray: Any = sys.modules.get("ray")
    return ray is not None and ray.is_initialized()


def _start(num_cpus: int, session: Path) -> None:
    """Start Ray; on a busy machine its own patience of 30 s can be too short."""
    import ray

    for attempt in range(1, START_ATTEMPTS + 1):
        try:
            ray.init(
                address="local",
                num_cpus=num_cpus,
                include_dashboard=False,
                object_store_memory=OBJECT_STORE_BYTES,
                _node_ip_address=LOOPBACK,
                _temp_dir=str(session),
                logging_level=logging.ERROR,
                log_to_driver=False,
            )
        except Exception as fault:
            ray.shutdown()
            if not is_impatience(fault):
                raise
            told = f"Ray did not start in time (attempt {attempt} of {START_ATTEMPTS}) …"
            print(f"efuda: {told}", file=sys.stderr, flush=True)
        else:
            return
    raise machine_is_busy()


def is_impatience(fault: BaseException) -> bool:
    """Whether Ray gave up waiting for a process of its own, as it does on busy machines."""
    from ray.exceptions import RayActorError, RaySystemError, RpcError

    # Ray has no class of its own for what a slow start looks like.
    told = str(fault).lower()
    slow = any(words in told for words in ("timed out", "timeout", "failed to connect", "in time"))
    return slow or isinstance(fault, TimeoutError | RayActorError | RaySystemError | RpcError)


def machine_is_busy() -> InputError:
    """What to tell once patience has run out."""
    return InputError(
        "Ray does not start in time: the machine is busy, or too little memory is free. "
        "Try again when other work has ended."
    )


def _read_authentication() -> None:
    """Let Ray's compiled part look at the variables again; it reads them only once."""
    from ray import _raylet

    raylet: Any = _raylet
    raylet.Config.initialize("")
    raylet.AuthenticationTokenLoader.instance().reset_cache()


def _believe_in_clusters(*, possible: bool) -> None:
    from ray._private import ray_constants

    ray_constants.ENABLE_RAY_CLUSTER = possible
