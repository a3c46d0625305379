"""Patience at the start. The start itself is in test_deployments.py."""

import os
from contextlib import contextmanager
from pathlib import Path

import pytest

from components.errors import InputError
from serving import ray_service
from serving.address import Address

ADDRESS = Address("127.0.0.1", 8000, ("pictures.example",))
IMPATIENT = [
    TimeoutError("HTTP proxies not available after 60s."),
    RuntimeError("The current node timed out during startup."),
    ConnectionError("Failed to connect to Ray cluster"),
]


@pytest.fixture
def rays(monkeypatch) -> list[str]:
    """What became of each Ray that was asked for."""
    seen: list[str] = []

    @contextmanager
    def local_ray():
        seen.append("started")
        try:
            yield
        finally:
            seen.append("stopped")

    monkeypatch.setattr(ray_service, "local_ray", local_ray)
    return seen


def deploys(monkeypatch, *faults: Exception) -> None:
    left = list(faults)

    def deploy(*_given):
        if left:
            raise left.pop(0)

    monkeypatch.setattr(ray_service, "_deploy", deploy)


def run() -> None:
    with ray_service.running(Path("bundle"), ADDRESS, num_threads=1):
        pass


@pytest.mark.parametrize("fault", IMPATIENT)
def test_a_busy_machine_gets_another_ray_and_then_serves(rays, monkeypatch, capsys, fault):
    deploys(monkeypatch, fault, fault)
    run()
    assert rays == ["started", "stopped"] * 3
    assert capsys.readouterr().err.count("did not start in time") == 2


def test_when_patience_runs_out_one_sentence_says_why(rays, monkeypatch):
    deploys(monkeypatch, *[IMPATIENT[0]] * 3)
    with pytest.raises(InputError, match="machine is busy"):
        run()
    assert len(rays) == 6


@pytest.mark.parametrize(
    "fault",
    [
        RuntimeError(
            "Deploying application efuda failed: Failed to update the deployments:\n"
            "  File 'x.py', timed out\nOSError: no weights here"
        ),
        ValueError("what\nno weights here"),
    ],
)
def test_what_is_wrong_with_the_bundle_is_told_at_once(rays, monkeypatch, fault):
    deploys(monkeypatch, fault)
    with pytest.raises(InputError, match=r"^The service did not start: .*no weights here$"):
        run()
    assert rays == ["started", "stopped"]


def test_a_fault_of_who_uses_the_service_is_not_taken_for_a_slow_start(rays, monkeypatch):
    deploys(monkeypatch)
    with (
        pytest.raises(TimeoutError, match="of the caller"),
        ray_service.running(Path("bundle"), ADDRESS, num_threads=1),
    ):
        raise TimeoutError("of the caller")
    assert rays == ["started", "stopped"]


@pytest.mark.usefixtures("rays")
def test_the_guards_are_told_the_names_for_the_time_of_the_service(monkeypatch):
    deploys(monkeypatch)
    before = dict(os.environ)
    with ray_service.running(Path("bundle"), ADDRESS, num_threads=1):
        assert "pictures.example" in os.environ["EFUDA_ALLOWED_HOSTS"]
    assert dict(os.environ) == before
