import pytest

from serving.guards.origin import HostNames, check_host, check_origin, host_names
from serving.guards.request_errors import RequestError
from tests.serving.guards.asgi import scope_of

HERE = b"127.0.0.1:8000"


def status(check, *arguments) -> int:
    try:
        check(*arguments)
    except RequestError as problem:
        return problem.status
    return 200


def host_status(value: bytes, hosts: HostNames) -> int:
    return status(check_host, scope_of(headers=[(b"host", value)]), hosts)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"127.0.0.1:8000", 200),
        (b"LOCALHOST", 200),
        (b"localhost.:8000", 200),
        (b"[::1]:8000", 200),
        (b"evil.example", 421),
        (b"127.0.0.1.evil.example:8000", 421),
        (b"10.1.2.3", 421),
        (b"", 400),
        (b"localhost@evil.example", 400),
        (b"localhost/evil.example", 400),
        (b"localhost:port", 400),
        (b"[::1", 400),
        (b"caf\xe9\xff", 421),
    ],
)
def test_a_service_of_this_machine_goes_by_the_names_of_loopback(value, expected):
    assert host_status(value, host_names("127.0.0.1", "desk", [])) == expected


def test_beyond_loopback_any_address_will_do_but_names_must_be_known():
    hosts = host_names("0.0.0.0", "Desk", ["Pictures.Example."])  # noqa: S104
    answers = {
        name: host_status(name, hosts)
        for name in (b"10.1.2.3:80", b"desk", b"pictures.example:443", b"evil.example", b"0.0.0.0")
    }
    assert list(answers.values()) == [200, 200, 200, 421, 200]


def test_a_name_is_given_once():
    named, hosts = (b"host", HERE), HostNames()
    assert status(check_host, scope_of(headers=[named]), hosts) == 200
    assert status(check_host, scope_of(headers=[named, named]), hosts) == 400
    assert status(check_host, scope_of(), hosts) == 400
    assert status(check_host, {**scope_of(), "http_version": "1.0"}, hosts) == 200


@pytest.mark.parametrize(
    ("method", "headers", "expected"),
    [
        ("POST", {}, 200),
        ("POST", {b"origin": b"http://127.0.0.1:8000"}, 200),
        ("POST", {b"origin": b"http://127.0.0.1:8000", b"sec-fetch-site": b"same-origin"}, 200),
        ("POST", {b"origin": b"http://evil.example"}, 403),
        ("POST", {b"origin": b"http://127.0.0.1:9000"}, 403),
        ("POST", {b"origin": b"null"}, 403),
        ("POST", {b"origin": b"http://[", b"sec-fetch-site": b"none"}, 403),
        ("POST", {b"sec-fetch-site": b"cross-site", b"sec-fetch-mode": b"navigate"}, 403),
        ("POST", {b"sec-fetch-site": b"same-site"}, 403),
        ("GET", {b"sec-fetch-site": b"cross-site", b"sec-fetch-mode": b"no-cors"}, 403),
        ("GET", {b"sec-fetch-site": b"cross-site", b"sec-fetch-mode": b"navigate"}, 200),
        ("GET", {b"sec-fetch-site": b"none", b"sec-fetch-mode": b"navigate"}, 200),
        ("GET", {b"origin": b"http://evil.example"}, 200),
    ],
)
def test_pages_from_elsewhere_are_refused_and_links_are_followed(method, headers, expected):
    scope = scope_of(method=method, headers=[(b"host", HERE), *headers.items()])
    assert status(check_origin, scope) == expected
