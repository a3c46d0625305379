"""Limits on the bytes and the time of a request's body, whatever its headers claim."""

import asyncio
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.guards.request_errors import RequestError

MAX_BODY_BYTES = 20 * 1024 * 1024
IDLE_TIMEOUT_S = 30.0
# A client that is still sending sees the answer only once its body is taken,
# so an oversized one is read and dropped, within these bounds.
DRAIN_BYTES = 256 * 1024 * 1024
DRAIN_S = 10.0

SECURITY_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
)


class BodyLimit:
    """ASGI middleware: 413 for a body over the limit, 408 for one that stalls."""

    def __init__(self, app: ASGIApp, max_bytes: int = MAX_BODY_BYTES) -> None:
        self._app = app
        self._max_bytes = max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *SECURITY_HEADERS]
            await send(message)

        headers = dict(scope["headers"])
        try:
            await self._check_declared(headers, receive)
        except RequestError as problem:
            await problem.response()(scope, receive, send_guarded)
            return
        await self._app(scope, _Counted(receive, self._max_bytes), send_guarded)

    async def _check_declared(self, headers: dict[bytes, bytes], receive: Receive) -> None:
        try:
            declared = int(headers.get(b"content-length", b"0"))
        except ValueError:
            raise RequestError(
                400, "bad_length", "The Content-Length header is not a number."
            ) from None
        if declared > self._max_bytes:
            if b"expect" not in headers:
                await _drain(receive)
            raise too_large(self._max_bytes)


class _Counted:
    """A ``receive`` that counts; it raises where the body passes the limit."""

    def __init__(self, receive: Receive, max_bytes: int) -> None:
        self._receive = receive
        self._max_bytes = max_bytes
        self._seen = 0
        self._complete = False

    async def __call__(self) -> Message:
        if self._complete:  # what follows the body is only the client's leaving
            return await self._receive()
        try:
            message = await asyncio.wait_for(self._receive(), IDLE_TIMEOUT_S)
        except TimeoutError:
            raise RequestError(
                408,
                "body_stalled",
                f"No part of the body arrived for {IDLE_TIMEOUT_S:g} seconds.",
                "Send the whole body that Content-Length announces.",
                {"connection": "close"},
            ) from None
        if message["type"] == "http.request":
            self._seen += len(message.get("body", b""))
            self._complete = not message.get("more_body", False)
            if self._seen > self._max_bytes:
                if not self._complete:
                    await _drain(self._receive)
                raise too_large(self._max_bytes)
        return message


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
    end = time.monotonic() + DRAIN_S
    while seen < DRAIN_BYTES and (left := end - time.monotonic()) > 0:
        try:
            message = await asyncio.wait_for(receive(), left)
        except TimeoutError:
            return
        seen += len(message.get("body", b""))
        if message["type"] != "http.request" or not message.get("more_body", False):
            return
