"""Whatever a client sends, it is told what was wrong: never a 5xx."""

import json

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

LAX = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)
FIELDS = st.sampled_from(["text", "k", "tags", "without", "image", "sketch", "other", ""])
HEADER_TEXT = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=40)


def accepted_or_told(response) -> None:
    assert response.status_code < 500, response.text
    if response.status_code >= 400:
        error = response.json()["error"]
        assert error["message"]
        assert error["code"]


@LAX
@given(body=st.dictionaries(FIELDS, JSON_VALUES, max_size=4) | JSON_VALUES)
def test_any_json(client, body):
    content = json.dumps(body)
    kind = {"content-type": "application/json"}
    accepted_or_told(client.post("/v1/search", content=content, headers=kind))


@LAX
@given(
    fields=st.lists(st.tuples(FIELDS, st.text(max_size=30)), max_size=5),
    files=st.lists(
        st.tuples(FIELDS, st.tuples(st.text(max_size=8), st.binary(max_size=60))), max_size=3
    ),
)
def test_any_form(client, fields, files):
    data: dict[str, list[str]] = {}
    for name, value in fields:
        data.setdefault(name, []).append(value.encode("utf-8", "replace").decode())
    for path in ("/v1/search", "/v1/tag"):
        accepted_or_told(client.post(path, data=data, files=files))


@LAX
@given(
    content=st.binary(max_size=200),
    kind=HEADER_TEXT
    | st.sampled_from(
        [
            "multipart/form-data",
            "multipart/form-data; boundary=b",
            "application/x-www-form-urlencoded",
            "application/json; charset=none",
            'multipart/form-data; boundary="',
            "image/png",
        ]
    ),
)
def test_any_bytes_of_any_kind(client, content, kind):
    for path in ("/v1/search", "/v1/tag"):
        accepted_or_told(client.post(path, content=content, headers={"content-type": kind}))


@LAX
@given(
    head=st.sampled_from(
        [b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"GIF89a", b"BM", b"II*\0", b"RIFF\0\0\0\0WEBP"]
    ),
    rest=st.binary(max_size=300),
)
def test_any_damaged_picture(client, head, rest):
    accepted_or_told(client.post("/v1/tag?evidence=true", content=head + rest))


@LAX
@given(
    path=st.text(st.characters(min_codepoint=33, max_codepoint=0x2FFF), max_size=30),
    query=HEADER_TEXT,
)
def test_any_address(client, path, query):
    from urllib.parse import quote

    for root in ("/", "/v1/images/", "/page/"):
        accepted_or_told(client.get(f"{root}{quote(path)}", params={"x": query}))
    accepted_or_told(client.post("/v1/tag", params={"top_k": query}, content=b"x"))


def test_deep_json_and_huge_numbers(client):
    kind = {"content-type": "application/json"}
    for content in (
        b"[" * 100_000,
        b'{"text":"x","k":1e999}',
        b'{"k":' + b"9" * 5000 + b"}",
        b"\xff\xfe",
    ):
        accepted_or_told(client.post("/v1/search", content=content, headers=kind))
