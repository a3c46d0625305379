import asyncio

import pytest
from starlette.testclient import TestClient

from components.bundle import load_bundle
from serving import host
from serving.app import create_app
from serving.encoding import LocalEncoder
from serving.guards.request_errors import RequestError
from serving.service import Service
from tests.serving.asking import error_of
from tests.serving.tiny_bundle import ColourEncoder


class Watched(LocalEncoder):
    """Counts what it is asked."""

    def __init__(self) -> None:
        super().__init__(ColourEncoder())
        self.asked = 0

    async def encode_image(self, task):
        self.asked += 1
        return await super().encode_image(task)


class Stuck(Watched):
    """Answers to nothing but a ping."""

    async def encode_image(self, task):
        return await asyncio.Future()


class Overloaded(Watched):
    async def encode_image(self, task):
        raise RequestError(503, "overloaded", "The encoder is busy.")


class Broken(Watched):
    async def encode_image(self, task):
        raise RuntimeError("out of memory")


class Mute(Watched):
    async def encode_texts(self, texts):
        return await asyncio.Future()


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    monkeypatch.setattr(host, "PROBE_TIMEOUT_S", 0.2)


def asking(bundle_dir, *encoders) -> TestClient:
    return TestClient(create_app(Service(load_bundle(bundle_dir)), *encoders))


def test_a_service_that_answers_says_so(client):
    assert client.get("/healthz").json() == {"status": "ok"}
    assert client.get("/readyz").json() == {"status": "ready"}


@pytest.mark.parametrize("kind", [Stuck, Overloaded, Broken, Mute])
def test_it_is_not_ready_where_a_query_would_not_be_answered(bundle_dir, kind):
    with asking(bundle_dir, kind()) as client:
        assert error_of(client.get("/readyz"), 503)["code"] == "not_ready"
        assert client.get("/healthz").status_code == 200


@pytest.mark.parametrize("stuck", ["index", "tagger"])
def test_it_is_not_ready_until_both_encoders_are(bundle_dir, stuck):
    pair = (Stuck(), Watched()) if stuck == "index" else (Watched(), Stuck())
    with asking(bundle_dir, *pair) as client:
        assert error_of(client.get("/readyz"), 503)["code"] == "not_ready"


def test_who_asks_often_gets_what_was_found_a_moment_ago(bundle_dir, monkeypatch):
    encoder = Watched()
    with asking(bundle_dir, encoder) as client:
        for _ in range(20):
            assert client.get("/readyz").status_code == 200
        assert encoder.asked == 1
        monkeypatch.setattr(host, "REMEMBERED_S", 0)
    with asking(bundle_dir, encoder) as client:
        assert {client.get("/readyz").status_code for _ in range(3)} == {200}
        assert encoder.asked == 4
