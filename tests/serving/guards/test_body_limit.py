"""Limits on bodies, against a real server."""

import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest

from serving.guards import body_limit
from tests.serving.asking import error_of

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


def test_a_body_that_stalls_is_given_up(service_url, monkeypatch):
    monkeypatch.setattr(body_limit, "IDLE_TIMEOUT_S", 0.3)
    answer = raw(service_url, "Content-Length: 500\r\n", b"\0" * 5)
    assert " 408 " in answer
    assert "body_stalled" in answer


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
