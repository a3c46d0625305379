import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import uvicorn
from starlette.testclient import TestClient

from components.bundle import Bundle, load_bundle
from components.models.tagger import TrainedEncoder
from serving.app import create_app
from serving.encoding import LocalEncoder
from serving.service import Service
from tests.serving.started_service import Service as StartedService
from tests.serving.started_service import started, write_real_bundle
from tests.serving.tiny_bundle import ColourEncoder, SwappedEncoder, tiny_bundle


@pytest.fixture(scope="session")
def bundle_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_bundle(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="session")
def app(bundle_dir: Path):
    return create_app(Service(load_bundle(bundle_dir)), LocalEncoder(ColourEncoder()))


@pytest.fixture
def client(app):
    # A defect must show as the 500 that a user would see, so that tests can refuse it.
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture(scope="session")
def service_url(app) -> Iterator[str]:
    """The application behind a real server on a free port of the loopback interface."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_level="error"))
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        try:
            while not server.started and thread.is_alive():
                time.sleep(0.01)
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(timeout=20)


@pytest.fixture(scope="session")
def real_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_real_bundle(tmp_path_factory.mktemp("real"))


@pytest.fixture(scope="session")
def service(real_bundle: Path) -> Iterator[StartedService]:
    """One for all tests that want the real thing."""
    with started(real_bundle) as service:
        yield service


@pytest.fixture(scope="module")
def two_encoder_bundle(bundle_dir: Path) -> Bundle:
    """Its tagger reads the vectors of an encoder of its own."""
    bundle = load_bundle(bundle_dir)
    trained = TrainedEncoder(tuning="lora", start_id=bundle.encoder_id)
    tagger = replace(bundle.tagger, encoder_id=SwappedEncoder.id, trained_encoder=trained)
    return replace(bundle, tagger=tagger)
