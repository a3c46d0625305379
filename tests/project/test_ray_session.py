"""A stage's own Ray cluster."""

import os
from pathlib import Path

import psutil
import pytest

from components.errors import InputError
from project.environment import LOOPBACK_ONLY
from project.ray_session import cluster_address, local_ray, ray_session


def test_address_of_the_users_cluster(monkeypatch):
    for value, expected in [("", None), ("local", None), ("10.1.2.3:6379", "10.1.2.3:6379")]:
        monkeypatch.setenv("RAY_ADDRESS", value)
        assert cluster_address() == expected


def test_a_busy_machine_gets_more_than_one_try(monkeypatch, capsys):
    import ray

    tries = []

    def init(**options):
        tries.append(options)
        raise RuntimeError("The current node timed out during startup.")

    monkeypatch.setattr(ray, "init", init)
    with pytest.raises(InputError, match="machine is busy"), local_ray(2):
        pytest.fail("it did not start")
    assert len(tries) == 5
    # Whatever starts Ray, it is told where to listen.
    assert {(each["_node_ip_address"], each["num_cpus"]) for each in tries} == {("127.0.0.1", 2)}
    assert "attempt 5 of 5" in capsys.readouterr().err
    assert not LOOPBACK_ONLY.keys() & os.environ.keys()
    # Where only this account can look, and gone afterwards.
    directories = {Path(each["_temp_dir"]).parent for each in tries}
    assert len(directories) == 1
    assert not directories.pop().exists()


def test_other_faults_of_ray_are_not_tried_again(monkeypatch):
    import ray

    def init(**_options):
        raise RuntimeError("no such thing")

    monkeypatch.setattr(ray, "init", init)
    with pytest.raises(RuntimeError, match="no such thing"), local_ray(1):
        pytest.fail("it did not start")


@pytest.mark.ray
@pytest.mark.slow
def test_it_listens_on_loopback_alone_and_leaves_nothing(monkeypatch):
    for name in ("RAY_ADDRESS", *LOOPBACK_ONLY):
        monkeypatch.delenv(name, raising=False)
    import ray

    with ray_session(1), ray_session(4):  # the inner one joins the outer
        assert ray.cluster_resources()["CPU"] == 1
        assert [node["NodeManagerAddress"] for node in ray.nodes()] == ["127.0.0.1"]
        assert set() < listening_addresses() <= {"127.0.0.1", "::ffff:127.0.0.1"}
    assert not ray.is_initialized()
    # A later session may join a real cluster, which is not on loopback.
    assert not LOOPBACK_ONLY.keys() & os.environ.keys()


def listening_addresses() -> set[str]:
    """Addresses on which this process and its descendants listen."""
    ours = psutil.Process()
    return {
        connection.laddr.ip
        for process in [ours, *ours.children(recursive=True)]
        for connection in process.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    }
