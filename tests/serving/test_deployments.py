"""The whole service as `efuda serve` starts it: its own process, Ray Serve, real requests."""

import contextlib
import io
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import httpx
import numpy as np
import pytest
import torch
from PIL import Image

from components.atomic import read_json
from components.bundle import write_bundle
from components.encoders.catalog import build_encoder
from components.encoders.config import OpenClipConfig
from components.models.heads.linear import LinearHead
from components.models.tagger import Tagger
from components.search.index import SearchIndex
from components.search.modality_means import ModalityMeans
from serving.client import Client
from serving.launch import Address, running
from tests.components.encoders.tiny_checkpoint import write_checkpoint
from tests.serving.tiny_bundle import COLOURS, NUM_EACH, card, tiny_bundle

START_TIMEOUT_S = 300
pytestmark = [pytest.mark.ray, pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def real_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny bundle again, with vectors of an open_clip model of random weights."""
    root = tmp_path_factory.mktemp("real")
    tiny_bundle(root)
    config = OpenClipConfig(model=f"local-dir:{write_checkpoint(root / 'weights')}")
    encoder = build_encoder(config)
    cards = [card(name, place) for name in COLOURS for place in range(NUM_EACH)]
    vectors = encoder.encode_images(torch.stack([encoder.preprocess(each) for each in cards]))
    found = vectors.global_vectors.numpy()
    facts = {"preview_px": 96, "relevance_leads": {"text": 0.4}}
    ModalityMeans(found.mean(axis=0), found.mean(axis=0), "none").save(root / "index")
    SearchIndex(encoder.id, found.astype(np.float16), None, facts).save(root / "index")
    tagger = Tagger.load(root / "tagger")
    bias = tagger.head.state_dict()["bias"].numpy()
    head = LinearHead.of(found[::NUM_EACH] * 20, bias)
    replace(tagger, encoder_id=encoder.id, head=head).save(root / "tagger")
    write_bundle(
        root / "served",
        encoder_config=config,
        tagger_dir=root / "tagger",
        calibration_path=root / "calibration.json",
        index_dir=root / "index",
        vocabulary_path=root / "vocabulary.json",
        templates=["a {name} card"],
        name="served",
    )
    return root / "served"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Service(NamedTuple):
    pid: int
    url: str


@pytest.fixture(scope="module")
def service(real_bundle: Path) -> Iterator[Service]:
    port = free_port()
    command = [sys.executable, "-m", "efuda.cli", "serve", "--bundle", str(real_bundle)]
    command += ["--port", str(port), "--json", "--threads", "1"]
    environment = {**os.environ, "PYTHONWARNINGS": "ignore"}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    watchdog = threading.Timer(START_TIMEOUT_S, process.kill)
    watchdog.start()
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, f"the service did not start (exit status {process.poll()})"
        assert json.loads(line)["version"] == read_json(real_bundle / "bundle.json")["version"]
        watchdog.cancel()
        yield Service(process.pid, f"http://127.0.0.1:{port}")
    finally:
        watchdog.cancel()
        process.send_signal(signal.SIGTERM)
        status = process.wait(timeout=60)
        if process.stdout is not None:
            process.stdout.close()
    assert status == 0
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"http://127.0.0.1:{port}/healthz", trust_env=False)


@pytest.fixture(scope="module")
def url(service: Service) -> str:
    return service.url


@pytest.fixture
def red_card(tmp_path: Path) -> Path:
    path = tmp_path / "red.png"
    card("red").save(path)
    return path


def listeners_beyond_loopback(root: int) -> set[str]:
    """Addresses that a process and its descendants listen on for other machines."""
    family = {root}
    for entry in sorted(Path("/proc").glob("[0-9]*"), key=lambda path: int(path.name)):
        with contextlib.suppress(OSError):
            if int((entry / "stat").read_text().rpartition(")")[2].split()[1]) in family:
                family.add(int(entry.name))
    sockets: set[str] = set()
    for process in family:
        for handle in Path(f"/proc/{process}/fd").iterdir():
            with contextlib.suppress(OSError):
                sockets.add(str(handle.readlink()))
    found: set[str] = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in Path(table).read_text().splitlines()[1:]:
            fields = line.split()
            is_listening, address = fields[3] == "0A", fields[1]
            # Loopback as the kernel writes it: 127.0.0.1, ::ffff:127.0.0.1 or ::1.
            is_loopback = address.partition(":")[0].endswith(("0100007F", "01000000"))
            if is_listening and f"socket:[{fields[9]}]" in sockets and not is_loopback:
                found.add(address)
    return found


def test_nothing_listens_beyond_loopback(service):
    assert listeners_beyond_loopback(service.pid) == set()


def test_all_kinds_of_query(url, red_card):
    with Client(url) as client:
        tags = client.tag(red_card, evidence=True)["tags"]
        assert len(tags) == 4
        assert tags[0]["evidence"]["rows"] == 4
        same = client.search(image=red_card, k=1)["results"][0]
        assert same["id"] == "deck/red 0.png"
        assert same["score"] > 0.999
        assert len(client.search(sketch=red_card, k=5)["results"]) == 5
        assert len(client.search(text="a red card", k=7, without=["red"])["results"]) == 7
        assert client.model()["num_pictures"] == 24
    picture = httpx.get(url + same["image_url"], trust_env=False)
    assert Image.open(io.BytesIO(picture.content)).size == (96, 72)
    for path in ("/", "/healthz", "/readyz", "/openapi.json", "/page/page.js"):
        assert httpx.get(url + path, trust_env=False).status_code == 200


def test_many_at_once(url, red_card):
    def ask(number: int) -> int:
        with Client(url) as client:
            if number % 2:
                return len(client.search(text=f"card {number}", k=3)["results"])
            return len(client.tag(red_card, top_k=3)["tags"]) and 3

    with ThreadPoolExecutor(16) as pool:
        assert set(pool.map(ask, range(64))) == {3}


def test_bad_requests_are_refused_through_the_proxy_too(url):
    size = 100 * 1024 * 1024

    def chunks() -> Iterator[bytes]:
        for _ in range(size // (1 << 20)):
            yield b"\0" * (1 << 20)

    for headers in ({}, {"content-length": str(size)}):
        answer = httpx.post(
            url + "/v1/tag", content=chunks(), headers=headers, timeout=120, trust_env=False
        )
        assert answer.status_code == 413, answer.text
    for body in ({"text": "x" * 100_000}, {"text": "x", "k": 0}, {"text": "x", "k": 10**6}):
        assert httpx.post(url + "/v1/search", json=body, trust_env=False).status_code == 422
    assert httpx.post(url + "/v1/tag", content=b"GIF89a", trust_env=False).status_code == 422
    assert httpx.get(url + "/v1/images/none", trust_env=False).status_code == 404


@pytest.mark.filterwarnings("ignore")
def test_queries_that_come_together_are_encoded_together(real_bundle, red_card):
    from ray import serve

    address = Address("127.0.0.1", free_port())

    def ask(_number: int) -> int:
        with Client(address.url) as client:
            return len(client.tag(red_card)["tags"])

    with running(real_bundle, address, num_threads=1):
        with ThreadPoolExecutor(24) as pool:
            assert set(pool.map(ask, range(96))) == {4}
        encoder = serve.get_deployment_handle("encoder", "efuda")
        sizes = encoder.batch_sizes.remote().result(timeout_s=30)
        assert sum(size * count for size, count in sizes.items()) == 96
        assert max(sizes) > 1
