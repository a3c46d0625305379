import pytest
from starlette.testclient import TestClient

from components.bundle import load_bundle
from serving.app import create_app
from serving.encoding import LocalEncoder
from serving.service import Service
from tests.serving.asking import error_of
from tests.serving.tiny_bundle import ColourEncoder


class StartingEncoder(LocalEncoder):
    async def is_ready(self) -> bool:
        return False


def test_a_service_that_answers_says_so(client):
    assert client.get("/healthz").json() == {"status": "ok"}
    assert client.get("/readyz").json() == {"status": "ready"}


@pytest.mark.parametrize("starting", ["index", "tagger"])
def test_it_is_not_ready_until_both_encoders_are(bundle_dir, starting):
    ready, not_ready = LocalEncoder(ColourEncoder()), StartingEncoder(ColourEncoder())
    pair = (not_ready, ready) if starting == "index" else (ready, not_ready)
    with TestClient(create_app(Service(load_bundle(bundle_dir)), *pair)) as client:
        assert error_of(client.get("/readyz"), 503)["code"] == "not_ready"
        assert client.get("/healthz").status_code == 200
