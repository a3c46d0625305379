"""A Ray cluster of two nodes on this machine: each its own address, raylet and object store."""

import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

HEAD, WORKER = "127.0.0.2", "127.0.0.3"
STORE_BYTES = 128 << 20
PATIENCE_S = 120
RAY = Path(sys.executable).with_name("ray")


@dataclass(frozen=True, slots=True)
class Cluster:
    """Where it answers, and what callers need in their environment."""

    address: str
    environment: dict[str, str]
    worker: psutil.Process
    """The raylet of the second node."""


@contextmanager
def two_raylets() -> Generator[Cluster]:
    """Start both, and end what was started."""
    with ExitStack() as stack:
        home = Path(tempfile.mkdtemp(prefix="efuda-two-", dir="/tmp"))
        stack.callback(shutil.rmtree, home, ignore_errors=True)
        token = home / "token"
        token.touch(mode=0o600)
        token.write_text(secrets.token_hex(32), encoding="utf-8")
        environment = {
            "PATH": os.pathsep.join([str(RAY.parent), os.environ["PATH"]]),
            "RAY_AUTH_MODE": "token",
            "RAY_AUTH_TOKEN_PATH": str(token),
            "RAY_USAGE_STATS_ENABLED": "0",
        }
        gcs, dashboard, client, *agents = _free_ports(5)
        address = f"http://127.0.0.1:{dashboard}"
        options = [f"--port={gcs}", "--dashboard-host=127.0.0.1", f"--dashboard-port={dashboard}"]
        options += ["--head", f"--node-ip-address={HEAD}", f"--ray-client-server-port={client}"]
        options += [f"--temp-dir={home / 'r'}"]
        stack.enter_context(_started(options, agents[0], environment, home / "head.log"))
        joining = [f"--address={HEAD}:{gcs}", f"--node-ip-address={WORKER}"]
        worker = _started(joining, agents[1], environment, home / "worker.log")
        yield Cluster(address, environment, stack.enter_context(worker))


@contextmanager
def _started(
    options: list[str], agent: int, environment: dict[str, str], log: Path
) -> Generator[psutil.Process]:
    """One node; its raylet, once it has said that it runs."""
    command = [str(RAY), "start", "--block", "--num-cpus=2", *options]
    command += [f"--object-store-memory={STORE_BYTES}", f"--dashboard-agent-listen-port={agent}"]
    with log.open("w") as file:
        process = subprocess.Popen(
            command, env={**os.environ, **environment}, stdout=file, stderr=file
        )
    try:
        _wait_for_start(process, log)
        yield _raylet(process.pid)
    finally:
        started = psutil.Process(process.pid).children(recursive=True)
        process.terminate()
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for each in started:
            if each.is_running():
                each.kill()


def _wait_for_start(process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while "Ray runtime started" not in log.read_text(encoding="utf-8"):
        told = log.read_text(encoding="utf-8")
        assert process.poll() is None, told
        assert time.monotonic() < deadline, told
        time.sleep(0.2)


def _raylet(pid: int) -> psutil.Process:
    (found,) = [
        each for each in psutil.Process(pid).children(recursive=True) if each.name() == "raylet"
    ]
    return found


def _free_ports(number: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(number)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
