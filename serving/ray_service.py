"""The service on a Ray of its own: started with patience, guarded in front, stopped cleanly."""

import logging
import sys
from collections.abc import Generator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from components.errors import InputError
from project.environment import variables
from project.ray_session import give_serve_time, is_impatience, local_ray, machine_is_busy
from serving.address import Address
from serving.guards.front import front_environment

START_ATTEMPTS = 3
KEEP_ALIVE_S = 30
DEPLOYMENT_FAILED = "Deploying application"
"""How Ray Serve begins to tell that the application itself is at fault."""


@contextmanager
def running(
    bundle: Path, address: Address, *, num_threads: int, originals: Path | None = None
) -> Generator[None]:
    """Start Ray and the application; the block begins when it answers, and ends both.

    Raises:
        InputError: If the machine is too busy to start it, or the bundle cannot be served.
    """
    with variables(front_environment(address.host, address.allowed_hosts)):
        for attempt in range(1, START_ATTEMPTS + 1):
            with ExitStack() as started:
                try:
                    started.enter_context(local_ray())
                    _deploy(started, bundle, address, num_threads, originals)
                except InputError:
                    raise
                except Exception as fault:  # noqa: BLE001 - Ray raises whatever it likes
                    _refuse_unless_impatient(fault)
                    say(f"Ray Serve did not start in time ({attempt} of {START_ATTEMPTS}) …")
                    continue
                yield
                return
    raise machine_is_busy()


def say(text: str) -> None:
    """Tell the user what happens."""
    print(f"efuda serve: {text}", file=sys.stderr, flush=True)


def _deploy(
    started: ExitStack, bundle: Path, address: Address, num_threads: int, originals: Path | None
) -> None:
    from ray import serve

    logging.getLogger("ray.serve").setLevel(logging.ERROR)
    from serving.deployments import build_application

    give_serve_time()
    started.callback(_stop)
    serve.start(
        proxy_location="HeadOnly",
        http_options={
            "host": address.host,
            "port": address.port,
            "keep_alive_timeout_s": KEEP_ALIVE_S,
        },
        logging_config={"log_level": "WARNING", "enable_access_log": False},
    )
    application = build_application(bundle, num_threads, originals)
    serve.run(application, name="efuda", route_prefix="/")


def _stop() -> None:
    """Let what is being answered end. Ray, which stops next, takes the rest along.

    `serve.shutdown` waits longer, for a controller that ends before it can say so, which Ray
    then complains of.
    """
    from ray import serve
    from ray.exceptions import RayError
    from ray.serve import context
    from ray.serve.exceptions import RayServeException

    with suppress(RayError, RayServeException, TimeoutError):
        serve.delete("efuda")
    remembered: Any = context
    remembered._set_global_client(None)  # a later start in this process is not to look for this one


def _refuse_unless_impatient(fault: Exception) -> None:
    told = str(fault).strip().splitlines() or [type(fault).__name__]
    if DEPLOYMENT_FAILED in told[0] or not is_impatience(fault):
        raise InputError(f"The service did not start: {told[-1].strip()}") from None
