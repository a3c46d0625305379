"""A stage's own Ray cluster."""

import os
from pathlib import Path

import pytest

from pipelines.ray_cluster import LOOPBACK_ONLY, cluster_address, ray_session


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

    listening = listening_addresses()
    with ray_session(1), ray_session(4):  # the inner one joins the outer
        assert ray.cluster_resources()["CPU"] == 1
        assert [node["NodeManagerAddress"] for node in ray.nodes()] == ["127.0.0.1"]
        opened = {address for address, _ in listening_addresses() - listening}
        assert opened <= {"0100007F", "0000000000000000FFFF00000100007F"}
    assert not ray.is_initialized()
    # A later session may join a real cluster, which is not on loopback.
    assert not LOOPBACK_ONLY.keys() & os.environ.keys()


def listening_addresses() -> set[tuple[str, str]]:
    """Local address and port of every listening socket, as the kernel writes them."""
    rows = [
        line.split()
        for name in ("tcp", "tcp6")
        for line in Path(f"/proc/net/{name}").read_text().splitlines()[1:]
    ]
    return {tuple(row[1].split(":")) for row in rows if row[3] == "0A"}
