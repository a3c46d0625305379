"""Limits on bodies, against a real server."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest

from serving.guards import body_limit
from serving.guards.guarded import Guarded
from tests.serving.asking import error_of
from tests.serving.guards.asgi import ask, echo, part, scope_of

MB = 1 << 20


def chunks(num_mb: int) -> Iterator[bytes]:
    for _ in range(num_mb):
        yield b"\0" * MB


@pytest.mark.parametrize("path", ["/v1/tag", "/v1/search?x=1"])
@pytest.mark.parametrize("declared", [True, False])
def test_a_body_of_100_mb_gets_its_answer(service_url, path, declared):
    headers = {"content-type": "image/png" if "tag" in path else "application/json"}
    if declared:
        headers["content-length"] = str(100 * MB)
    answer = httpx.post(
        service_url + path, content=chunks(100), headers=headers, timeout=60, trust_env=False
    )
    assert answer.status_code == 413
    assert "20 MB" in answer.json()["error"]["message"]


def test_who_waits_for_leave_gets_none(service_url):
    head = f"Content-Length: {100 * MB}\r\nExpect: 100-continue\r\n"
    assert " 413 " in raw(service_url, head, b"")


def test_a_length_that_lies(service_url):
    # More than declared: what follows is no request. Less: the client hears nothing, nor does it hang.
    assert " 422 " in raw(service_url, "Content-Length: 5\r\nConnection: close\r\n", b"\0" * 300)
    raw(service_url, "Content-Length: 500\r\n", b"\0" * 5, close=True)
    assert httpx.get(service_url + "/healthz", trust_env=False).status_code == 200


def test_a_body_has_a_time_however_many_bytes_trickle_in(service_url, monkeypatch):
    monkeypatch.setattr(body_limit, "BODY_TIMEOUT_S", 0.5)
    place = urlsplit(service_url)
    with socket.create_connection((place.hostname, place.port), timeout=20) as connection:
        head = f"POST /v1/tag HTTP/1.1\r\nHost: {place.netloc}\r\nContent-Length: 5000\r\n\r\n"
        connection.sendall(head.encode())
        connection.settimeout(0.05)
        answer = b""
        for _ in range(1000):  # an idle limit would start anew with each of them
            connection.sendall(b"x")
            with contextlib.suppress(TimeoutError):
                answer += connection.recv(65536)
            if answer:
                break
        connection.settimeout(20)
        while b"}}" not in answer:
            answer += connection.recv(65536)
    assert b" 408 " in answer
    assert b"body_stalled" in answer


def test_large_bodies_that_wait_cannot_fill_the_memory(monkeypatch):
    monkeypatch.setattr(body_limit, "MAX_WAITING_BYTES", 3 * MB)
    guarded = Guarded(echo)

    async def status(size: int, *, more: bool) -> int:
        return (await ask(guarded, scope_of(), part(b"x" * size, more=more))).status

    async def attack() -> None:
        stalled = [asyncio.create_task(status(MB, more=True)) for _ in range(3)]
        await asyncio.sleep(0)
        assert await status(MB, more=False) == 503
        assert await status(100, more=False) == 200
        for task in stalled:
            task.cancel()
        await asyncio.gather(*stalled, return_exceptions=True)
        assert await status(MB, more=False) == 200

    asyncio.run(attack())


@pytest.mark.parametrize("chunked", [False, True])
def test_a_large_body_is_refused(client, chunked):
    size = 21 * 1024 * 1024
    chunks = (b"\0" * 65536 for _ in range(size // 65536))
    body = chunks if chunked else b"\0" * size
    for path in ("/v1/tag", "/v1/search", "/nowhere"):
        content = (b"\0" * 65536 for _ in range(size // 65536)) if chunked else body
        response = client.post(path, content=content)
        if chunked and path != "/v1/tag":
            assert response.status_code in (404, 413, 415)
        else:
            assert error_of(response, 413)["code"] == "body_too_large"


def test_a_length_that_is_no_number_is_refused(client):
    response = client.post("/v1/tag", content=b"x", headers={"content-length": "many"})
    assert error_of(response, 400)["code"] == "bad_length"


def raw(url: str, head: str, body: bytes, *, close: bool = False) -> str:
    place = urlsplit(url)
    with socket.create_connection((place.hostname, place.port), timeout=20) as connection:
        request = f"POST /v1/tag HTTP/1.1\r\nHost: {place.netloc}\r\n{head}\r\n"
        connection.sendall(request.encode() + body)
        if close:
            return ""
        answer = b""
        while b"}}" not in answer and (part := connection.recv(65536)):
            answer += part
        return answer.decode()
