"""The whole service as `efuda serve` starts it: its own process, Ray Serve, real requests."""

import contextlib
import io
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from PIL import Image

from serving.address import Address
from serving.client import Client
from serving.ray_service import running
from tests.serving.started_service import Service, free_port
from tests.serving.tiny_bundle import card

pytestmark = [pytest.mark.ray, pytest.mark.slow, pytest.mark.timeout(600)]


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
