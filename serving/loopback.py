"""Keeps Ray Serve on this machine when Ray itself runs on loopback.

Replicas take calls from each other over gRPC on all interfaces, whatever the
node's address is (Ray 2.60, ``[::]:0`` in serve/_private/replica.py), and who
can reach that port can run code. The port is opened after a deployment's own
constructor, which is therefore the place to change the address.
"""

from typing import Any

LOOPBACK = "127.0.0.1"
ALL_INTERFACES = "[::]"


def keep_replica_local() -> None:
    """Let this replica listen on loopback alone, unless the node is on a real network."""
    import ray
    from ray.serve._private import replica

    if ray.util.get_node_ip_address() != LOOPBACK:
        return
    add_port = replica.add_port_to_grpc_server

    def add_local_port(server: Any, address: str) -> int:
        return add_port(server, address.replace(ALL_INTERFACES, LOOPBACK))

    replica.add_port_to_grpc_server = add_local_port
