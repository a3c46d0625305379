"""Requests that nobody would send by accident, as bytes on the wire."""

import json
import socket
from collections.abc import Iterator
from random import Random
from urllib.parse import urlsplit

PATHS = ("/v1/tag", "/v1/search", "/v1/model", "/v1/images/", "/healthz", "/readyz", "/", "/page/")
METHODS = ("GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "TRACE", "get", "X", "")
KINDS = (
    b"application/json",
    b"application/json; charset=none",
    b"multipart/form-data",
    b"multipart/form-data; boundary=b",
    b'multipart/form-data; boundary="',
    b"application/x-www-form-urlencoded",
    b"image/png",
    b"text/\xff",
    b"",
)
NAMES = (
    b"x-request-id",
    b"host",
    b"origin",
    b"sec-fetch-site",
    b"content-length",
    b"transfer-encoding",
    b"expect",
    b"connection",
    b"upgrade",
    b"cookie",
    b"range",
    b"if-none-match",
    b"accept-encoding",
    b"serve_multiplexed_model_id",
    b"x-session-id",
    b"x-request-timeout-seconds",
    b"traceparent",
    b"authorization",
    b"x-forwarded-for",
    b"caf\xe9",
)
VALUES = (
    b"",
    b"0",
    b"-1",
    b"1e9",
    b"99999999999999999999",
    b"caf\xc3\xa9\xff",
    b"a" * 10_000,
    b"chunked",
    b"chunked, chunked",
    b"100-continue",
    b"evil.example",
    b"null",
    b"websocket",
    b"\x01\x02",
    b"bytes=0-",
    b"*",
)
HEADS = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"GIF89a", b"BM", b"II*\0", b"RIFF\0\0\0\0WEBP")
FIELDS = ("text", "k", "tags", "without", "image", "sketch", "top_k", "all", "other", "")


def requests(seed: int, count: int, host: str) -> Iterator[bytes]:
    """So many requests, the same for the same seed."""
    random = Random(seed)
    for _ in range(count):
        yield _request(random, host)


def ask(url: str, request: bytes) -> tuple[int, bytes] | None:
    """Status and body of the answer to a request; None if the connection was just closed.

    Raises:
        TimeoutError: If nothing came for a while, although no more would be sent.
    """
    place = urlsplit(url)
    answer = b""
    with socket.create_connection((place.hostname or "", place.port or 0), timeout=30) as wire:
        try:
            wire.sendall(request)
            wire.shutdown(socket.SHUT_WR)
            while part := wire.recv(1 << 16):
                answer += part
        except ConnectionError:
            pass
    head, _, body = answer.partition(b"\r\n\r\n")
    if head.startswith(b"HTTP/1.1 100"):
        head, _, body = body.partition(b"\r\n\r\n")
    return (int(head.split(b" ", 2)[1]), body) if head else None


def fault_of(request: bytes, answer: tuple[int, bytes] | None) -> str | None:
    """What is wrong with an answer, in a sentence; None if it is as promised."""
    if answer is None:
        return None
    status, body = answer
    if status >= 500:
        return f"{status} for {request[:300]!r}: {body[:200]!r}"
    if status < 400 or not body:
        return None
    try:
        told = json.loads(body)["error"]
        complete = set(told) == {"code", "message", "hint"} and told["code"] and told["message"]
    except (ValueError, KeyError, TypeError):
        complete = False
    return None if complete else f"{status} in another form for {request[:300]!r}: {body[:200]!r}"


def _request(random: Random, host: str) -> bytes:
    if random.random() < 0.05:
        return random.randbytes(random.randrange(200)) + b"\r\n\r\n"
    body = _body(random)
    method = random.choice(("POST", "POST", "POST", *METHODS)).encode()
    headers = [(b"host", host.encode()), (b"content-type", random.choice(KINDS))]
    headers.append((b"content-length", str(len(body)).encode()))
    for _ in range(random.randrange(4)):
        headers.append((random.choice(NAMES), random.choice(VALUES)))
    random.shuffle(headers)
    lines = [method + b" " + _address(random) + b" HTTP/1.1", b"connection: close"]
    lines += [name + b": " + value for name, value in headers]
    request = b"\r\n".join(lines) + b"\r\n\r\n" + body
    return _damaged(random, request) if random.random() < 0.3 else request


def _address(random: Random) -> bytes:
    path = random.choice(PATHS).encode()
    match random.randrange(5):
        case 0:
            return path + b"%ff%00%2e%2e/" + random.randbytes(4).hex().encode()
        case 1:
            return path + b"?top_k=" + random.choice((b"-1", b"x", b"1e9", b"%00", b"9" * 50))
        case 2:
            return b"/" + random.randbytes(random.randrange(20)).replace(b" ", b"")
        case _:
            return path


def _body(random: Random) -> bytes:
    match random.randrange(5):
        case 0:
            return b""
        case 1:
            return random.choice(HEADS) + random.randbytes(random.randrange(300))
        case 2:
            values = {random.choice(FIELDS): _value(random) for _ in range(random.randrange(5))}
            return json.dumps(values).encode()
        case 3:
            parts = [
                b'--b\r\nContent-Disposition: form-data; name="%s"; filename="a\0"\r\n\r\n%s\r\n'
                % (random.choice(FIELDS).encode(), random.randbytes(20))
                for _ in range(random.randrange(8))
            ]
            return b"".join(parts) + random.choice((b"--b--\r\n", b"--b", b""))
        case _:
            return random.choice(
                (b"[" * 5000, b'{"k":' + b"9" * 5000 + b"}", b"\xff\xfe", b"text=%")
            )


def _value(random: Random) -> object:
    odd = (
        None,
        True,
        -1,
        10**30,
        1e308,
        "",
        "\ud800",
        "\0",
        [],
        [[]],
        {},
        ["red"] * 50,
        "x" * 3000,
    )
    return random.choice(odd)


def _damaged(random: Random, request: bytes) -> bytes:
    place = random.randrange(len(request))
    match random.randrange(4):
        case 0:
            return request[:place]
        case 1:
            return request[:place] + random.randbytes(3) + request[place:]
        case 2:
            return request[:place] + request[place + 1 + random.randrange(8) :]
        case _:
            return request.replace(b"\r\n", random.choice((b"\n", b"\r", b"\r\n ")), 2)
