"""Requests to an ASGI application without a server, so that their parts can be anything."""

import asyncio
from collections.abc import Iterable
from typing import NamedTuple

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Reply(NamedTuple):
    status: int
    headers: dict[bytes, bytes]
    body: bytes


def scope_of(
    path: str = "/v1/search",
    method: str = "POST",
    headers: Iterable[tuple[bytes, bytes]] = (),
) -> Scope:
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [*headers],
        "client": ("127.0.0.1", 5),
        "server": ("127.0.0.1", 8000),
    }


async def ask(app: ASGIApp, scope: Scope, *messages: Message) -> Reply:
    """Messages of the client, which then waits."""
    left = list(messages or ({"type": "http.request", "body": b"", "more_body": False},))
    sent: list[Message] = []

    async def receive() -> Message:
        return left.pop(0) if left else await asyncio.Future()

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, send)
    body = b"".join(message.get("body", b"") for message in sent[1:])
    return Reply(sent[0]["status"], dict(sent[0]["headers"]), body)


def part(body: bytes, *, more: bool) -> Message:
    return {"type": "http.request", "body": body, "more_body": more}


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """An application that answers with the body and shows the headers that it got."""
    message = await receive()
    assert not message["more_body"]
    start = {"type": "http.response.start", "status": 200, "headers": list(scope["headers"])}
    await send(start)
    await send({"type": "http.response.body", "body": message["body"]})
