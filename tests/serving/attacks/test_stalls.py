"""Clients that trickle, and pictures that cost much: nobody else notices."""

import asyncio
from statistics import median

import pytest

from tests.serving.attacks.picture_flood import send_hostile_pictures
from tests.serving.attacks.stalls import OPENING, stall

HEALTHY_MS = 200


@pytest.mark.ray
@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("clients", [128, 1000])
@pytest.mark.parametrize("how", list(OPENING))
def test_a_service_answers_while_clients_stall(service, how, clients):
    seen = asyncio.run(stall(service.url, how, clients, seconds=12))
    assert seen.statuses() == {200}
    assert len(seen.milliseconds("/healthz")) > 10
    assert median(seen.milliseconds("/healthz")) < HEALTHY_MS


@pytest.mark.ray
@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_service_answers_while_hostile_pictures_are_tagged(service):
    flood = send_hostile_pictures(service.url)
    assert {
        name: status for name, status in flood.statuses.items() if status not in {200, 422}
    } == {}
    assert median(flood.health_ms) < HEALTHY_MS
    seen = asyncio.run(stall(service.url, "silence", 0, seconds=3))
    assert seen.statuses() == {200}
