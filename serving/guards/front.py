"""The guards in front of Ray Serve, in the process that takes the connections.

Serve calls :func:`middlewares` where `RAY_SERVE_HTTP_PROXY_CALLBACK_IMPORT_PATH` names it.
Behind this point a request occupies one of the few places of the application.
"""

import json
import os
import socket
from collections.abc import Iterable

import uvicorn.config
from starlette.middleware import Middleware

from serving.guards.guarded import Guarded
from serving.guards.origin import HostNames, host_names

CALLBACK = "RAY_SERVE_HTTP_PROXY_CALLBACK_IMPORT_PATH"
LISTENING_ON = "EFUDA_LISTENING_ON"
ALLOWED_HOSTS = "EFUDA_ALLOWED_HOSTS"


def front_environment(listening_on: str, allowed_hosts: Iterable[str]) -> dict[str, str]:
    """Variables that put the guards in front of a Ray Serve that is started under them.

    Args:
        listening_on: The address that the service listens on.
        allowed_hosts: Names that it goes by besides.
    """
    return {
        CALLBACK: f"{__name__}.{middlewares.__name__}",
        LISTENING_ON: listening_on,
        ALLOWED_HOSTS: json.dumps(list(allowed_hosts)),
    }


def middlewares() -> list[Middleware]:
    """What Ray Serve puts around its proxy."""
    bound_connections()
    return [Middleware(Guarded, hosts=_hosts(), is_alive=True)]


def bound_connections() -> None:
    """Let every uvicorn of this process take connections with limits."""
    uvicorn.config.HTTP_PROTOCOLS["auto"] = "serving.guards.connections:BoundedConnection"


def _hosts() -> HostNames:
    return host_names(
        os.environ.get(LISTENING_ON, "127.0.0.1"),
        socket.gethostname(),
        json.loads(os.environ.get(ALLOWED_HOSTS, "[]")),
    )
