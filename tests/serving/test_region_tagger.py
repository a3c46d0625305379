"""A tagger that reads regions is served whether or not evidence is asked for."""

import io
from dataclasses import replace

import pytest
import torch
from starlette.testclient import TestClient

from components.bundle import load_bundle
from components.models.heads.evidence_pool import EvidencePool
from serving.app import create_app
from serving.encoding import LocalEncoder
from serving.service import Service
from tests.serving.tiny_bundle import COLOURS, ColourEncoder, card


@pytest.fixture
def client(bundle_dir):
    encoder = ColourEncoder()
    text = encoder.encode_texts(tuple(COLOURS))
    width = text.shape[1]
    head = EvidencePool(
        10 * text, 10 * text, torch.full((len(text),), -8.0), torch.zeros(width), torch.tensor(1.0)
    )
    bundle = load_bundle(bundle_dir)
    bundle = replace(bundle, tagger=replace(bundle.tagger, head=head))
    with TestClient(create_app(Service(bundle), LocalEncoder(encoder))) as client:
        yield client


@pytest.mark.parametrize("address", ["/v1/tag", "/v1/tag?evidence=true"])
def test_a_picture_gets_its_tags(client, address):
    buffer = io.BytesIO()
    card("red").save(buffer, "PNG")
    response = client.post(address, content=buffer.getvalue())
    assert response.status_code == 200, response.text
    tag = response.json()["tags"][0]
    assert tag["label"] == "red"
    assert (tag["evidence"] is None) == ("evidence" not in address)
