"""What another account of the machine can do to the Ray below the service: nothing.

With `RAY_AUTH_MODE=disabled` one POST to the agent ran a command as the service's user.
"""

import json
import os
import shutil
import stat
import subprocess
import sys
import time
from pathlib import Path

import grpc
import psutil
import pytest

pytestmark = [pytest.mark.ray, pytest.mark.slow, pytest.mark.timeout(600)]
NOBODY = 65534
SUBMIT = ("/api/job_agent/jobs/", "/api/jobs/")
METHODS = (
    "/ray.rpc.NodeInfoGcsService/GetAllNodeInfo",
    "/ray.rpc.InternalKVGcsService/InternalKVKeys",
    "/ray.rpc.JobInfoGcsService/AddJob",
    "/ray.rpc.NodeManagerService/GetSystemConfig",
    "/ray.rpc.NodeManagerService/GetNodeStats",
    "/ray.rpc.CoreWorkerService/GetCoreWorkerStats",
    "/ray.rpc.CoreWorkerService/NumPendingTasks",
    "/ray.rpc.LogService/ListLogs",
    "/ray.serve.ASGIService/HandleRequest",
    "/ray.serve.ASGIService/HandleRequestStreaming",
)
JOIN = """
import sys, ray
ray.init(address=sys.argv[1], log_to_driver=False)
print("JOINED", ray.get(ray.remote(lambda: 1).remote()))
"""


@pytest.fixture(scope="module")
def family(service) -> list[psutil.Process]:
    root = psutil.Process(service.pid)
    return [root, *root.children(recursive=True)]


@pytest.fixture(scope="module")
def ports(family) -> dict[int, str]:
    """Every port that the service and what it started listen on."""
    return {
        connection.laddr.port: process.name()
        for process in family
        for connection in process.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    }


def other_account() -> int | None:
    """Who attacks; without root it is done as the same account."""
    return NOBODY if os.getuid() == 0 else None


def test_nobody_submits_a_job(ports, tmp_path_factory):
    curl = shutil.which("curl")
    if curl is None:
        pytest.skip("needs curl, which any account may run")
    ours = tmp_path_factory.mktemp("jobs")
    assert len(ports) > 5
    for port in ports:
        for path in SUBMIT:
            job = json.dumps({"entrypoint": f"touch {ours}/{port}"})
            command = [curl, "-s", "-m", "5", "-H", "content-type: application/json", "-d", job]
            command += ["-o", "/dev/null", "-w", "%{http_code}", f"http://127.0.0.1:{port}{path}"]
            done = subprocess.run(
                command,
                cwd="/",
                env={},
                capture_output=True,
                text=True,
                check=False,
                user=other_account(),
                group=other_account(),
            )
            assert done.stdout in {"000", "401", "403", "404", "405", "421"}, (ports[port], path)
    time.sleep(5)
    assert list(ours.iterdir()) == []


@pytest.mark.parametrize("secret", [None, "0" * 64])
def test_who_does_not_know_the_secret_does_not_join(family, secret):
    address = next(
        f"127.0.0.1:{connection.laddr.port}"
        for process in family
        if process.name() == "gcs_server"
        for connection in process.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    )
    environment = {name: value for name, value in os.environ.items() if "RAY" not in name}
    # Ray would otherwise look for it on the outer address of the machine.
    environment |= {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0", "RAY_AUTH_MODE": "disabled"}
    if secret:
        environment |= {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secret}
    done = subprocess.run(
        [sys.executable, "-c", JOIN, address],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert "JOINED" not in done.stdout
    assert done.returncode != 0


def test_no_call_is_answered_without_the_secret(ports):
    refused = set()
    for port, name in ports.items():
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            for method in METHODS:
                try:
                    channel.unary_unary(method)(b"", timeout=3)
                except grpc.RpcError as fault:
                    if fault.code() == grpc.StatusCode.UNAUTHENTICATED:
                        refused.add(name)
                else:
                    pytest.fail(f"{method} of {name} answers whoever asks")
    # What takes calls at all refuses them: the check above is not one of closed doors.
    assert {"gcs_server", "raylet"} <= refused
    assert any(name.startswith("ray::ServeReplica") for name in refused)


def test_files_are_out_of_reach_and_the_secret_is_on_no_command_line(family):
    environment = family[-1].environ()
    secret = Path(environment["RAY_AUTH_TOKEN_PATH"])
    assert stat.S_IMODE(secret.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    assert list(secret.parent.glob("r/session_latest/sockets/*"))
    told = secret.read_text(encoding="utf-8")
    for process in family:
        assert told not in " ".join(process.cmdline())
