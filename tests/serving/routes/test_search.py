import json

import pytest

from tests.serving.asking import error_of, labels_of, png
from tests.serving.tiny_bundle import card


@pytest.mark.parametrize("kind", ["text", "json", "image", "sketch"])
def test_every_kind_of_query_finds_its_colour(client, kind):
    if kind == "json":
        response = client.post("/v1/search", json={"text": "blue", "k": 6})
    elif kind == "text":
        response = client.post("/v1/search", data={"text": "a BLUE thing", "k": "6"})
    else:
        files = {kind: ("q.png", png(card("blue", 3)))}
        response = client.post("/v1/search", files=files, data={"k": "6", "text": ""})
    assert response.status_code == 200, response.text
    answer = response.json()
    assert labels_of(answer) == ["blue"] * 6
    scores = [result["score"] for result in answer["results"]]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= result["relevance"] <= 1 for result in answer["results"])


def test_filters_keep_and_drop(client):
    kept = client.post("/v1/search", json={"text": "red", "k": 1000, "tags": ["blue"]}).json()
    assert labels_of(kept) == ["blue"] * 6
    dropped = client.post("/v1/search", json={"text": "red", "k": 1000, "without": ["red"]}).json()
    assert len(dropped["results"]) == 18
    none = client.post("/v1/search", json={"text": "red", "tags": ["blue", "red"]}).json()
    assert none["results"] == []
    form = client.post("/v1/search", data={"text": "red", "k": "9", "without": ["red", "blue"]})
    assert set(labels_of(form.json())) == {"green", "yellow"}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "one_query"),
        ({"text": ""}, "empty_text"),
        ({"text": "  "}, "empty_text"),
        ({"text": "x" * 2001}, "invalid_field"),
        ({"text": "x" * 100_000}, "invalid_field"),
        ({"text": "\ud800"}, "invalid_field"),
        ({"text": 5}, "invalid_field"),
        ({"text": "red", "k": 0}, "invalid_field"),
        ({"text": "red", "k": 1_000_000}, "invalid_field"),
        ({"text": "red", "k": "many"}, "invalid_field"),
        ({"text": "red", "colour": "blue"}, "invalid_field"),
        ({"text": "red", "tags": "red"}, "invalid_field"),
        ({"text": "red", "tags": ["\ud800"]}, "invalid_field"),
        ([], "bad_json"),
    ],
)
def test_bad_searches_are_refused(client, body, code):
    response = client.post(
        "/v1/search", content=json.dumps(body), headers={"content-type": "application/json"}
    )
    assert error_of(response, 422)["code"] == code


def test_two_queries_at_once_are_refused(client):
    files = {"image": ("a.png", png(card("red")))}
    error = error_of(client.post("/v1/search", files=files, data={"text": "red"}), 422)
    assert "2 queries" in error["message"]
    both = {"image": ("a.png", b"x"), "sketch": ("b.png", b"x")}
    error_of(client.post("/v1/search", files=both), 422)
    error_of(client.post("/v1/search", data={"k": "3"}), 422)


def test_an_unknown_tag_names_near_ones(client):
    error = error_of(client.post("/v1/search", json={"text": "red", "tags": ["Yelow"]}), 422)
    assert "'yellow'" in error["message"]


def test_nothing_close_is_an_answer(client):
    assert client.post("/v1/search", json={"text": "red"}).json()["close"] is True
    assert client.post("/v1/search", json={"text": "a submarine"}).json()["close"] is False
    files = {"image": ("q.png", png(card("red")))}
    assert client.post("/v1/search", files=files).json()["close"] is None  # not measured
    none = client.post("/v1/search", json={"text": "red", "tags": ["blue", "red"]}).json()
    assert none["close"] is None
