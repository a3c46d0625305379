"""Clients that send a byte a second, and what others get meanwhile."""

import asyncio
import time
from dataclasses import dataclass, field
from urllib.parse import urlsplit

OPENING = {
    "body": "POST /v1/tag HTTP/1.1\r\nHost: {host}\r\nContent-Length: 100000\r\n\r\nx",
    "form": (
        "POST /v1/search HTTP/1.1\r\nHost: {host}\r\nContent-Length: 100000\r\n"
        "Content-Type: multipart/form-data; boundary=b\r\n\r\n--b\r\n"
    ),
    "headers": "POST /v1/tag HTTP/1.1\r\nHost: {host}\r\nX-Long: ",
    "silence": "",
}
SEARCH = b'{"text":"red","k":3}'
GIVE_UP_S = 30.0
TIMED_OUT = 0


@dataclass
class Meanwhile:
    """What other clients saw: status and milliseconds of each request, by path."""

    answers: dict[str, list[tuple[int, float]]] = field(default_factory=dict)

    def statuses(self) -> set[int]:
        """All that were seen; 0 stands for none within half a minute."""
        return {status for seen in self.answers.values() for status, _ in seen}

    def milliseconds(self, path: str) -> list[float]:
        """How long each answer took, shortest first."""
        return sorted(taken for _, taken in self.answers[path])


async def stall(url: str, how: str, clients: int, seconds: float) -> Meanwhile:
    """Hold up a service by many clients of one kind, and ask it things meanwhile."""
    end = time.monotonic() + seconds
    trickles = [asyncio.create_task(_trickle(url, OPENING[how], end)) for _ in range(clients)]
    await asyncio.sleep(1)
    seen = Meanwhile()
    while time.monotonic() < end:
        for path, body in (("/healthz", b""), ("/readyz", b""), ("/v1/search", SEARCH)):
            started = time.monotonic()
            status = await _status(url, path, body)
            taken = 1000 * (time.monotonic() - started)
            seen.answers.setdefault(path, []).append((status, taken))
        await asyncio.sleep(0.05)
    await asyncio.gather(*trickles)
    return seen


async def _trickle(url: str, opening: str, end: float) -> None:
    place = urlsplit(url)
    try:
        reader, writer = await asyncio.open_connection(place.hostname, place.port)
        writer.write(opening.format(host=place.netloc).encode())
        while time.monotonic() < end and not reader.at_eof():
            await asyncio.sleep(1)
            if opening:
                writer.write(b"a")
                await writer.drain()
        writer.close()
    except OSError:
        return  # given up by the service, as it may


async def _status(url: str, path: str, body: bytes) -> int:
    place = urlsplit(url)
    head = (
        f"{'POST' if body else 'GET'} {path} HTTP/1.1\r\nHost: {place.netloc}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    try:
        async with asyncio.timeout(GIVE_UP_S):
            reader, writer = await asyncio.open_connection(place.hostname, place.port)
            writer.write(head.encode() + body)
            answer = await reader.read()
            writer.close()
    except (TimeoutError, OSError):
        return TIMED_OUT
    return int(answer.split(b" ", 2)[1])
