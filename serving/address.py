"""Where the service listens."""

import socket
from dataclasses import dataclass

from components.errors import InputError
from project.ray_session import LOOPBACK
from project.settings import ServeSettings

LOCAL_HOSTS = (LOOPBACK, "localhost", "::1")


@dataclass(frozen=True, slots=True)
class Address:
    """Where the service listens, and the names it goes by besides its own."""

    host: str
    port: int
    allowed_hosts: tuple[str, ...] = ()

    @property
    def url(self) -> str:
        """As a client gives it."""
        return f"http://{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"


def free_address(section: ServeSettings, host: str | None, port: int | None) -> Address:
    """Host and port as given, else as the settings say, once nothing listens there.

    Raises:
        InputError: If the port is none, or the address cannot be listened on.
    """
    place = host or section.host, section.port if port is None else port
    address = Address(*place, section.allowed_hosts)
    if not 1 <= address.port <= 65535:
        raise InputError(f"A port is a number from 1 to 65535, got {address.port}.")
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address.host, address.port))
        except OSError as fault:
            raise InputError(
                f"Cannot listen on {address.host} port {address.port}: "
                f"{fault.strerror or fault}. Stop what uses it, or choose another with --port."
            ) from None
    return address
