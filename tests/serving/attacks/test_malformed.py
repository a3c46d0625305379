"""Bodies and headers that no library would make: told what is wrong, in the one form, no 5xx."""

from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest

from tests.serving.attacks.malformed import ask, fault_of, requests


def faults(url: str, seed: int, count: int) -> list[str]:
    def one(request: bytes) -> str | None:
        return fault_of(request, ask(url, request))

    with ThreadPoolExecutor(8) as pool:
        sent = requests(seed, count, urlsplit(url).netloc)
        return [fault for fault in pool.map(one, sent) if fault]


# Starlette leaves the file of a broken form to the collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_thousands_of_requests_in_process(guarded_url):
    assert faults(guarded_url, 1, 1500) == []


@pytest.mark.ray
@pytest.mark.slow
@pytest.mark.timeout(900)
def test_twenty_thousand_requests_to_the_service(service):
    assert faults(service.url, 2, 20_000) == []
