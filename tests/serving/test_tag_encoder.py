"""A tagger with an encoder of its own: pictures are tagged with that, searched with the other."""

import io

import pytest
from starlette.testclient import TestClient

from serving.app import create_app
from serving.encoding import LocalEncoder
from serving.service import Service
from tests.serving.tiny_bundle import ColourEncoder, SwappedEncoder, card


@pytest.fixture
def client(two_encoder_bundle):
    service = Service(two_encoder_bundle)
    app = create_app(service, LocalEncoder(ColourEncoder()), LocalEncoder(SwappedEncoder()))
    with TestClient(app) as client:
        yield client


def png(colour):
    buffer = io.BytesIO()
    card(colour).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.mark.parametrize("address", ["/v1/tag", "/v1/tag?evidence=true"])
def test_tags_come_from_the_taggers_own_encoder(client, address):
    response = client.post(address, content=png("red"))
    assert response.status_code == 200, response.text
    assert response.json()["tags"][0]["label"] == "green"


def test_searches_and_readiness_are_the_indexs_affair(client):
    response = client.post("/v1/search", json={"text": "red", "k": 1})
    assert response.json()["results"][0]["tags"][0]["label"] == "red"
    assert client.get("/readyz").status_code == 200
    card_of_model = client.get("/v1/model").json()
    assert card_of_model["mode"] == "end-to-end"
    assert card_of_model["encoder_id"] == ColourEncoder.id
