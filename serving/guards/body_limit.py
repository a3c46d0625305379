"""Limits on the bytes and the time of a request's body, whatever its headers claim.

A body is taken whole before anything else hears of the request, so that one that trickles
in takes nothing but its own bytes.
"""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager

from starlette.types import Message, Receive, Scope

from serving.guards.request_errors import RequestError

MAX_BODY_BYTES = 20 * 1024 * 1024
BODY_TIMEOUT_S = 60.0
"""From the end of the headers to the last byte."""
MAX_WAITING_BYTES = 256 * 1024 * 1024
"""Of all bodies together that have not arrived whole, or wait for their turn."""
FREE_BYTES = 64 * 1024
"""Of each body, which are not counted: a text is answered however many pictures stall."""
# A client that is still sending sees the answer only once its body is taken,
# so an oversized one is read and dropped, within these bounds.
DRAIN_BYTES = 256 * 1024 * 1024
DRAIN_S = 10.0


class ClientLeftError(Exception):
    """The client went away before its body had arrived."""


class Bodies:
    """Takes bodies, and counts what they hold of the memory."""

    def __init__(self, max_bytes: int = MAX_BODY_BYTES) -> None:
        self._max_bytes = max_bytes
        self._waiting_bytes = 0

    @contextmanager
    def hold(self) -> Generator["Holding"]:
        """Room for one body, which is given back after the block."""
        holding = Holding()
        try:
            yield holding
        finally:
            self._waiting_bytes -= holding.counted

    async def take(self, holding: "Holding", scope: Scope, receive: Receive) -> bytes:
        """The whole body of a request.

        Raises:
            RequestError: If it is too large, too slow, or too many bytes wait already.
            ClientLeftError: If the client closed the connection first.
        """
        headers = dict(scope["headers"])
        await self._check_declared(headers, receive)
        try:
            async with asyncio.timeout(BODY_TIMEOUT_S):
                return await self._parts(holding, receive)
        except TimeoutError:
            raise RequestError(
                408,
                "body_stalled",
                f"The body did not arrive within {BODY_TIMEOUT_S:g} seconds.",
                "Send the whole body that Content-Length announces, or a smaller picture.",
                {"connection": "close"},
            ) from None

    async def _check_declared(self, headers: dict[bytes, bytes], receive: Receive) -> None:
        declared = headers.get(b"content-length", b"0")
        if not declared.isdigit():
            raise RequestError(400, "bad_length", "The Content-Length header is not a number.")
        # Longer numbers are larger than any limit, and Python refuses the longest.
        if len(declared) > 18 or int(declared) > self._max_bytes:
            if b"expect" not in headers:
                await _drain(receive)
            raise too_large(self._max_bytes)

    async def _parts(self, holding: "Holding", receive: Receive) -> bytes:
        while True:
            message = await receive()
            if message["type"] != "http.request":
                raise ClientLeftError
            holding.body += message.get("body", b"")
            is_complete = not message.get("more_body", False)
            if len(holding.body) > self._max_bytes:
                holding.body.clear()
                if not is_complete:
                    await _drain(receive)
                raise too_large(self._max_bytes)
            self._count(holding)
            if is_complete:
                body = bytes(holding.body)
                holding.body.clear()  # not twice in memory; it stays counted until it is answered
                return body

    def _count(self, holding: "Holding") -> None:
        counted = max(0, len(holding.body) - FREE_BYTES)
        self._waiting_bytes += counted - holding.counted
        holding.counted = counted
        if self._waiting_bytes > MAX_WAITING_BYTES:
            raise RequestError(
                503,
                "overloaded",
                "Too many large bodies are arriving at once.",
                "Ask again in a minute.",
                {"connection": "close", "retry-after": "60"},
            )


class Holding:
    """What one request holds of the memory."""

    def __init__(self) -> None:
        self.body = bytearray()
        self.counted = 0


def whole(body: bytes, receive: Receive) -> Receive:
    """A ``receive`` that gives ``body`` at once; what follows is only the client's leaving."""
    given = False

    async def give() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return give


def too_large(max_bytes: int) -> RequestError:
    """The answer to a body over the limit."""
    return RequestError(
        413,
        "body_too_large",
        f"The body is larger than {max_bytes // (1024 * 1024)} MB.",
        "Send a smaller picture; 1,000 pixels on the long side are plenty.",
        {"connection": "close"},
    )


async def _drain(receive: Receive) -> None:
    seen = 0
    try:
        async with asyncio.timeout(DRAIN_S):
            while seen < DRAIN_BYTES:
                message = await receive()
                seen += len(message.get("body", b""))
                if message["type"] != "http.request" or not message.get("more_body", False):
                    return
    except TimeoutError:
        return
