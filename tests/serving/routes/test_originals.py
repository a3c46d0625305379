from pathlib import Path

import pytest
from blake3 import blake3
from starlette.testclient import TestClient

from components.bundle import Bundle, load_bundle
from components.search.gallery import Picture, gallery_of
from serving.app import create_app
from serving.encoding import LocalEncoder
from serving.originals import Originals
from serving.service import Service
from tests.serving.asking import error_of
from tests.serving.tiny_bundle import ColourEncoder

CONTENT = b"what the camera wrote"


@pytest.fixture
def bundle(bundle_dir: Path) -> Bundle:
    return load_bundle(bundle_dir)


def client_of(bundle: Bundle, root: Path, path: str) -> TestClient:
    """A service whose first picture is the file ``path`` with CONTENT."""
    picture = Picture("one", path, blake3(CONTENT).hexdigest(), 4, 3)
    object.__setattr__(bundle, "gallery", gallery_of([picture], bundle.vocabulary.names))
    service = Service(bundle, Originals(root))
    return TestClient(create_app(service, LocalEncoder(ColourEncoder())))


def test_a_file_is_given_to_be_saved_under_its_name(bundle, tmp_path):
    (tmp_path / "blå himmel.jpg").write_bytes(CONTENT)
    client = client_of(bundle, tmp_path, "blå himmel.jpg")
    listed = client.get("/v1/images").json()["pictures"][0]
    response = client.get(listed["original_url"])
    assert response.content == CONTENT
    disposition = response.headers["content-disposition"]
    assert disposition == "attachment; filename*=UTF-8''bl%C3%A5%20himmel.jpg"
    assert response.headers["content-type"] == "application/octet-stream"


def test_only_what_was_indexed_is_given_out(bundle, tmp_path):
    (tmp_path / "secret").write_bytes(b"a password")
    client = client_of(bundle, tmp_path, "secret")
    assert error_of(client.get("/v1/originals/one"), 404)["code"] == "original_gone"
    assert error_of(client.get("/v1/originals/../secret"), 404)
    (tmp_path / "secret").unlink()
    assert error_of(client.get("/v1/originals/one"), 404)["code"] == "original_gone"
    assert error_of(client.get("/v1/originals/two"), 404)["code"] == "no_such_picture"


def test_originals_are_kept_back_unless_the_settings_allow_them(client):
    assert client.get("/v1/images").json()["pictures"][0]["original_url"] is None
    answer = error_of(client.get("/v1/originals/deck/red 0.png"), 404)
    assert answer["code"] == "originals_not_served"
