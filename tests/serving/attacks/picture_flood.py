"""Hostile pictures sent to a running service, many at once, and its health meanwhile."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import httpx

from tests.serving.attacks.hostile_pictures import HOSTILE

AT_ONCE = 8
NO_ANSWER = 0


@dataclass(frozen=True, slots=True)
class Flood:
    """What came back.

    Attributes:
        statuses: Of each picture, by its name; 0 if nothing came within two minutes.
        health_ms: How long `/healthz` took meanwhile, shortest first.
    """

    statuses: dict[str, int]
    health_ms: list[float]


def send_hostile_pictures(url: str) -> Flood:
    """Have every hostile picture tagged, eight at a time."""
    health: list[float] = []
    with (
        httpx.Client(base_url=url, trust_env=False, timeout=120) as client,
        ThreadPoolExecutor(AT_ONCE) as pool,
    ):
        sent = {name: pool.submit(_status, client, make()) for name, make in HOSTILE.items()}
        while not all(each.done() for each in sent.values()):
            started = time.monotonic()
            httpx.get(url + "/healthz", trust_env=False, timeout=30).raise_for_status()
            health.append(1000 * (time.monotonic() - started))
            time.sleep(0.02)
    return Flood({name: each.result() for name, each in sent.items()}, sorted(health))


def _status(client: httpx.Client, picture: bytes) -> int:
    try:
        return client.post("/v1/tag", content=picture).status_code
    except httpx.HTTPError:
        return NO_ANSWER
