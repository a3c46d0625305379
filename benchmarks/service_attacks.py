"""What attacks do to a running service, as a part of ``python -m benchmarks.attacks``.

``server_errors`` counts answers over 499, none at all, or in another form than documented, among
malformed requests and what others asked while clients stalled. ``health_ms_under_attack`` is the
median of `/healthz` in the worst of those attacks, with the longest answer as its upper bound.
"""

import asyncio
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit

from benchmarks.figures import Figure
from tests.serving.attacks.malformed import ask, fault_of, requests
from tests.serving.attacks.picture_flood import send_hostile_pictures
from tests.serving.attacks.stalls import OPENING, Meanwhile, stall
from tests.serving.started_service import started, write_real_bundle

SEED = 9
MALFORMED, MALFORMED_QUICK = 20_000, 3_000
CLIENTS, CLIENTS_QUICK = (128, 1000), (1000,)
STALL_S, STALL_S_QUICK = 20.0, 8.0


def service_attacks(is_quick: bool) -> Iterator[Figure]:
    """Attack a service that serves a tiny bundle, started for this."""
    with tempfile.TemporaryDirectory() as root, started(write_real_bundle(Path(root))) as service:
        seconds = STALL_S_QUICK if is_quick else STALL_S
        seen = [
            asyncio.run(stall(service.url, how, clients, seconds))
            for how in OPENING
            for clients in (CLIENTS_QUICK if is_quick else CLIENTS)
        ]
        malformed = _faults(service.url, MALFORMED_QUICK if is_quick else MALFORMED)
        flood = send_hostile_pictures(service.url)
    errors = malformed + sum(_failed(each) for each in seen)
    errors += sum(not 200 <= status < 500 for status in flood.statuses.values())
    yield Figure(name="server_errors", value=float(errors), unit="requests", against=0.0)
    health = [*(each.milliseconds("/healthz") for each in seen), flood.health_ms]
    worst = max(health, key=median)
    yield Figure(
        name="health_ms_under_attack",
        value=median(worst),
        unit="ms",
        low=worst[0],
        high=max(taken[-1] for taken in health),
        against=200.0,
    )


def _faults(url: str, count: int) -> int:
    def one(request: bytes) -> bool:
        return fault_of(request, ask(url, request)) is not None

    with ThreadPoolExecutor(8) as pool:
        return sum(pool.map(one, requests(SEED, count, urlsplit(url).netloc)))


def _failed(seen: Meanwhile) -> int:
    return sum(status != 200 for answers in seen.answers.values() for status, _ in answers)
