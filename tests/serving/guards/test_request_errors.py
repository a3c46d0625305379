import pytest
from starlette.testclient import TestClient

from components.bundle import load_bundle
from serving.app import create_app
from serving.encoding import LocalEncoder
from serving.service import Service
from tests.serving.asking import error_of
from tests.serving.tiny_bundle import ColourEncoder


@pytest.mark.parametrize("path", ["/nowhere", "/v1/images/none", "/v1/images/", "/page/../app.py"])
def test_unknown_addresses_are_errors_of_one_shape(client, path):
    error_of(client.get(path), 404)


def test_a_wrong_method_is_an_error_of_the_same_shape(client):
    error_of(client.get("/v1/tag"), 405)


def test_a_defect_of_the_service_is_an_error_of_the_same_shape(bundle_dir):
    class Broken(Service):
        def card(self):
            raise RuntimeError("with a secret in it")

    app = create_app(Broken(load_bundle(bundle_dir)), LocalEncoder(ColourEncoder()))
    with TestClient(app, raise_server_exceptions=False) as client:
        response = client.get("/v1/model")
    assert error_of(response, 500)["code"] == "defect"
    assert "secret" not in response.text
