"""Limits on connections, at a real server."""

import contextlib
import json
import select
import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send
from uvicorn import config

from serving.guards import connections as module
from serving.guards.connections import BoundedConnection
from serving.guards.front import front_environment, middlewares

ANSWER_BYTES = 64 << 20


async def large(_scope: Scope, _receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    for _ in range(ANSWER_BYTES >> 20):
        await send({"type": "http.response.body", "body": bytes(1 << 20), "more_body": True})
    await send({"type": "http.response.body"})


@pytest.fixture
def connect(monkeypatch) -> Iterator[Callable[[], socket.socket]]:
    monkeypatch.setattr(module, "HEAD_TIMEOUT_S", 0.4)
    monkeypatch.setattr(module, "READ_TIMEOUT_S", 0.4)
    monkeypatch.setattr(module, "max_connections", lambda: 8)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        options = uvicorn.Config(large, http=BoundedConnection, log_level="critical")
        server = uvicorn.Server(options)
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        while not server.started and thread.is_alive():
            time.sleep(0.01)
        opened: list[socket.socket] = []

        def one() -> socket.socket:
            opened.append(socket.create_connection(listener.getsockname(), timeout=20))
            return opened[-1]

        try:
            yield one
        finally:
            for each in opened:
                each.close()
            server.should_exit = True
            thread.join(timeout=20)


def rest(connection: socket.socket) -> bytes:
    answer = b""
    while part := connection.recv(1 << 20):
        answer += part
    return answer


def problem(answer: bytes) -> tuple[int, str]:
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(body)["error"]["code"]


@pytest.mark.parametrize("start", [b"", b"\r\n", b"GET / HTTP/1.1\r\nX-A"])
def test_headers_have_a_time_however_many_bytes_trickle_in(connect, start):
    connection = connect()
    connection.settimeout(0.05)
    answer = b""
    for byte in [start] + [b"" if start in {b"", b"\r\n"} else b"a"] * 400:
        connection.sendall(byte)
        try:
            answer += connection.recv(65536)
        except TimeoutError:
            continue
        break
    assert problem(answer) == (408, "headers_stalled")


def test_what_is_no_http_is_told_in_the_one_form(connect):
    connection = connect()
    connection.sendall(b"\x16\x03\x01 nonsense\r\n\r\n")
    assert problem(rest(connection)) == (400, "bad_request")


def test_endless_headers_are_refused(connect):
    connection = connect()
    connection.sendall(b"GET / HTTP/1.1\r\n" + b"x-a: " + b"a" * 100_000)
    assert problem(connection.recv(65536)) == (431, "headers_too_large")


def test_an_answer_that_is_not_read_is_given_up(connect):
    connection = connect()
    connection.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    time.sleep(1.0)
    read = 0
    with contextlib.suppress(ConnectionError):
        while count := len(connection.recv(1 << 20)):
            read += count
    assert 0 < read < ANSWER_BYTES


def test_who_has_asked_for_nothing_longest_makes_room(connect, monkeypatch):
    monkeypatch.setattr(module, "HEAD_TIMEOUT_S", 60)
    oldest = connect()
    time.sleep(0.1)
    others = [connect() for _ in range(7)]
    time.sleep(0.1)
    newest = connect()
    newest.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    assert newest.recv(12) == b"HTTP/1.1 200"
    closed, _, _ = select.select([oldest, *others], [], [], 0)
    assert closed == [oldest]


def test_web_sockets_are_ordinary_requests(connect):
    connection = connect()
    connection.sendall(
        b"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    assert connection.recv(12) == b"HTTP/1.1 200"


def test_ray_serve_is_told_where_the_guards_are(monkeypatch):
    monkeypatch.setattr(config, "HTTP_PROTOCOLS", dict(config.HTTP_PROTOCOLS))
    for name, value in front_environment("127.0.0.1", ["pictures.example"]).items():
        monkeypatch.setenv(name, value)
    from ray._common.utils import import_attr

    called = import_attr(front_environment("", [])["RAY_SERVE_HTTP_PROXY_CALLBACK_IMPORT_PATH"])
    assert called is middlewares
    (front,) = called()
    assert "pictures.example" in front.kwargs["hosts"].names
    assert "evil.example" not in front.kwargs["hosts"].names
    served = uvicorn.Config(large)
    served.load()
    assert served.http_protocol_class is BoundedConnection
