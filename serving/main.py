"""Starts the service on this machine and stops it cleanly: ``efuda serve``."""

import argparse
import json
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from components.errors import InputError
from serving.loopback import LOOPBACK
from serving.release import Release, read_registry, released_bundle

LOCAL_HOSTS = (LOOPBACK, "localhost", "::1")
OBJECT_STORE_BYTES = 256 << 20
START_ATTEMPTS = 3
# Read by Ray when it is imported.
ENVIRONMENT = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0",
    "RAY_AUTH_MODE": "disabled",  # the cluster listens on loopback alone
    # Else Ray replaces 127.0.0.1 by the address of an outer interface and listens there.
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGINT or SIGTERM; the exit status is returned."""
    options = _parser().parse_args(arguments)
    try:
        host, port = _address(options)
        _check_port(host, port)
        release = _release(options)
        from components.bundle import load_bundle

        # Faults of the bundle are told here, not in the log of a worker.
        version = load_bundle(release.directory).version
        _serve(release, version, host, port, options)
    except InputError as fault:
        print(f"efuda serve: {fault}", file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="efuda serve", description=__doc__)
    parser.add_argument("--project", type=Path, default=Path(), help="the project's directory")
    parser.add_argument("--bundle", type=Path, help="serve this bundle instead of a registered one")
    parser.add_argument(
        "--host", help="address to listen on (127.0.0.1; serve.host in params.yaml)"
    )
    parser.add_argument("--port", type=int, help="port to listen on (8000; serve.port)")
    parser.add_argument("--threads", type=int, default=0, help="threads of the encoder (all cores)")
    parser.add_argument("--json", action="store_true", help="tell the address as one JSON object")
    return parser


def _address(options: argparse.Namespace) -> tuple[str, int]:
    """Host and port: as given, else as the project says, else 127.0.0.1:8000."""
    params = options.project / "params.yaml"
    section: dict[str, object] = {}
    if options.bundle is None and params.exists():
        import yaml

        read_registry(options.project)  # tells faults of the file in plain words
        section = (yaml.safe_load(params.read_text(encoding="utf-8")) or {}).get("serve") or {}
    host = options.host or str(section.get("host", LOOPBACK))
    port = options.port if options.port is not None else int(str(section.get("port", 8000)))
    if not 1 <= port <= 65535:
        raise InputError(f"A port is a number from 1 to 65535, got {port}.")
    return host, port


def _check_port(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as fault:
            raise InputError(
                f"Cannot listen on {host} port {port}: {fault.strerror or fault}. "
                "Stop what uses it, or choose another with --port."
            ) from None


def _release(options: argparse.Namespace) -> Release:
    if options.bundle is not None:
        return Release(options.bundle, str(options.bundle))
    return released_bundle(options.project)


def _serve(
    release: Release, version: str, host: str, port: int, options: argparse.Namespace
) -> None:
    stopped = threading.Event()
    # Ray writes to standard output as it likes; what programs read is this one line.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    _say(f"starting Ray Serve for {release.title} …")
    try:
        start(release.directory, host, port, num_threads=options.threads or _num_cores())
        # After the start: Ray puts handlers of its own in place, which end in a core dump.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stopped.set())
        url = f"http://{f'[{host}]' if ':' in host else host}:{port}"
        if host not in LOCAL_HOSTS:
            _say(f"warning: {host} can be reached from other machines, and there is no password.")
        facts = {"url": url, "model": release.title, "version": version}
        ready = f"Efuda is ready at {url} (bundle {version}); stop it with Ctrl+C."
        print(json.dumps(facts) if options.json else ready, file=answers, flush=True)
        while not stopped.wait(0.5):
            pass
        _say("stopping …")
    finally:
        stop()


def start(bundle_directory: Path, host: str, port: int, *, num_threads: int) -> None:
    """Start Ray and the application, and return when it answers."""
    os.environ.update({name: os.environ.get(name, value) for name, value in ENVIRONMENT.items()})
    from ray import serve

    logging.getLogger("ray.serve").setLevel(logging.WARNING)
    from serving.deployments import build_application

    _start_ray()
    serve.start(
        proxy_location="HeadOnly",
        http_options={"host": host, "port": port},
        logging_config={"log_level": "WARNING", "enable_access_log": False},
    )
    serve.run(build_application(bundle_directory, num_threads), name="efuda", route_prefix="/")


def _start_ray() -> None:
    """Start a small Ray on loopback. On a busy machine its own patience of 30 s can be too short."""
    import ray

    for attempt in range(1, START_ATTEMPTS + 1):
        try:
            ray.init(
                address="local",
                num_cpus=_num_cores(),
                include_dashboard=False,
                object_store_memory=OBJECT_STORE_BYTES,
                _node_ip_address=LOOPBACK,
                logging_level="ERROR",
                log_to_driver=False,
            )
        except Exception as fault:
            ray.shutdown()
            if "timed out during startup" not in str(fault):
                raise
            _say(f"Ray did not start in time (attempt {attempt} of {START_ATTEMPTS}) …")
        else:
            return
    raise InputError(
        "Ray does not start in time: the machine is too busy, or too little memory is free. "
        "Try again when other work has ended."
    )


def stop() -> None:
    """Stop the application and Ray."""
    import ray
    from ray import serve

    if not ray.is_initialized():  # or Serve would start Ray in order to stop it
        return
    try:
        serve.shutdown()
    finally:
        ray.shutdown()


def _num_cores() -> int:
    return len(os.sched_getaffinity(0))


def _say(text: str) -> None:
    print(f"efuda serve: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
