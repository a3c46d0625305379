"""What a page of another site can do to a service on the reader's machine: nothing."""

import httpx
import pytest

pytestmark = [pytest.mark.ray, pytest.mark.slow, pytest.mark.timeout(600)]
ELSEWHERE = "http://evil.example"


@pytest.fixture
def ask(service):
    with httpx.Client(base_url=service.url, trust_env=False, timeout=30) as client:
        yield client.request


@pytest.mark.parametrize("path", ["/", "/v1/search", "/healthz", "/nowhere", "/openapi.json"])
def test_a_name_that_was_pointed_at_this_machine_gets_nothing(ask, path):
    answer = ask("GET", path, headers={"host": "evil.example"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (421, "unknown_host")


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, 200),
        ({"sec-fetch-site": "same-origin"}, 200),
        ({"origin": ELSEWHERE}, 403),
        ({"origin": "null"}, 403),
        ({"origin": ELSEWHERE, "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
    ],
)
def test_forms_of_other_sites_are_refused(ask, headers, expected):
    assert ask("POST", "/v1/search", data={"text": "red"}, headers=headers).status_code == expected


def test_the_page_itself_may_ask(ask, service):
    headers = {"origin": service.url, "sec-fetch-site": "same-origin"}
    assert ask("POST", "/v1/search", data={"text": "red"}, headers=headers).status_code == 200


@pytest.mark.parametrize("value", [b"caf\xc3\xa9\xff", b"a" * 10_000, b"", b"\xfe"])
@pytest.mark.parametrize(
    "name",
    ["x-request-id", "x-session-id", "serve_multiplexed_model_id", "x-request-timeout-seconds"],
)
def test_headers_that_ray_serve_reads_do_no_harm(ask, name, value):
    answer = ask("POST", "/v1/search", json={"text": "red"}, headers=[(name.encode(), value)])
    assert answer.status_code == 200
    assert answer.headers["x-request-id"].encode() != value


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"])
@pytest.mark.parametrize(
    "path", ["/nowhere", "/v1/tag", "/v1/search", "/page/none", "/v1/images/x"]
)
def test_every_refusal_has_the_one_form(ask, method, path):
    answer = ask(method, path, content=b"{", headers={"content-type": "application/json"})
    assert 400 <= answer.status_code < 500
    assert set(answer.json()["error"]) == {"code", "message", "hint"}
