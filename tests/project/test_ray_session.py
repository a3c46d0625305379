"""A stage's own Ray cluster."""

import os

import psutil
import pytest

from project.ray_session import LOOPBACK_ONLY, cluster_address, ray_session


def test_address_of_the_users_cluster(monkeypatch):
    for value, expected in [("", None), ("local", None), ("10.1.2.3:6379", "10.1.2.3:6379")]:
        monkeypatch.setenv("RAY_ADDRESS", value)
        assert cluster_address() == expected


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
