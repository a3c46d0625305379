"""Who may ask: the names the service goes by, and pages that are its own.

A page from elsewhere can send requests to a service on the reader's machine. What it cannot
do is leave out the headers in which browsers say where a request comes from.
"""

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.types import Scope

from serving.guards.request_errors import RequestError

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
EVERY_ADDRESS = frozenset({"0.0.0.0", "::"})  # noqa: S104 - only looked for
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class HostNames:
    """What a request may call the service.

    Attributes:
        names: In small letters, without port or brackets.
        any_address: Whether every IP address will do. A name that an attacker controls can be
            made to point at any machine; an address cannot.
    """

    names: frozenset[str] = LOOPBACK_NAMES
    any_address: bool = False

    def allow(self, name: str) -> bool:
        """Whether the service goes by this name."""
        return name in self.names or (self.any_address and _is_address(name))


def host_names(listening_on: str, own_name: str, allowed: Iterable[str]) -> HostNames:
    """The names of a service.

    Args:
        listening_on: The address it listens on.
        own_name: What the machine calls itself.
        allowed: Further names from the settings.
    """
    listening = listening_on.lower()
    names = LOOPBACK_NAMES | {name.lower().strip("[]").rstrip(".") for name in allowed}
    if listening in LOOPBACK_NAMES:
        return HostNames(names)
    reachable = set[str]() if listening in EVERY_ADDRESS else {listening}
    return HostNames(names | reachable | {own_name.lower()}, any_address=True)


def check_host(scope: Scope, hosts: HostNames) -> None:
    """Refuse a request that was meant for another site.

    A page whose name is pointed at this machine after it was loaded (DNS rebinding) still
    sends its own name.

    Raises:
        RequestError: If the Host header is none of the service's names.
    """
    given = _values(scope, b"host")
    if not given and scope.get("http_version") == "1.0":
        return
    if len(given) != 1 or (name := _host_of(given[0])) is None:
        raise RequestError(
            400, "bad_host", "The Host header must hold one name or address.", "Send it once."
        )
    if not hosts.allow(name):
        raise RequestError(
            421,
            "unknown_host",
            f"This service does not go by the name {name[:80]!r}.",
            "Ask it by its address, or add the name to serve.allowed_hosts in params.yaml.",
        )


def check_origin(scope: Scope) -> None:
    """Refuse what a page of another site sends; links to the page itself are followed.

    Programs send neither of the two headers, and are not meant.

    Raises:
        RequestError: If a browser says that the request comes from elsewhere.
    """
    is_safe = scope["method"] in SAFE_METHODS
    is_link = is_safe and _values(scope, b"sec-fetch-mode") == ["navigate"]
    site = _values(scope, b"sec-fetch-site")
    if site and not is_link and not {*site} <= {"same-origin", "none"}:
        raise _foreign()
    if is_safe:
        return
    hosts = [value.lower() for value in _values(scope, b"host")]
    for origin in _values(scope, b"origin"):
        if [_authority_of(origin)] != hosts:
            raise _foreign()


def _foreign() -> RequestError:
    return RequestError(
        403,
        "foreign_page",
        "A page of another site may not use this service.",
        "Open the service's own page, or ask from a program.",
    )


def _values(scope: Scope, name: bytes) -> list[str]:
    return [value.decode("latin-1").strip() for key, value in scope["headers"] if key == name]


def _host_of(value: str) -> str | None:
    """The name in a Host header without its port; None if it holds none."""
    try:
        parts = urlsplit("//" + value)
        name, _port = parts.hostname, parts.port
    except ValueError:
        return None
    if name is None or parts.netloc != value or "@" in value:
        return None
    return name.rstrip(".")


def _authority_of(origin: str) -> str:
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
