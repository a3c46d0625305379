from pathlib import Path

import pytest

from components.errors import InputError
from serving.client import Client
from tests.serving.tiny_bundle import card


@pytest.fixture
def blue_card(tmp_path: Path) -> Path:
    path = tmp_path / "blue.png"
    card("blue").save(path)
    return path


def test_it_tags_and_says_what_is_served(service_url, blue_card):
    with Client(service_url) as client:
        tags = client.tag(blue_card, top_k=1, evidence=True)["tags"]
        assert client.model()["name"] == "tiny"
    assert tags[0]["label"] == "blue"
    assert tags[0]["evidence"]["rows"] == 4


@pytest.mark.parametrize("kind", ["text", "image", "sketch"])
def test_it_searches_by_words_and_by_pictures(service_url, blue_card, kind):
    query = {kind: "blue" if kind == "text" else blue_card}
    with Client(service_url) as client:
        found = client.search(**query, k=3, without=["red"])
    assert len(found["results"]) == 3
    assert found["results"][0]["tags"][0]["label"] == "blue"


def test_two_queries_are_the_services_fault_to_tell(service_url, blue_card):
    with Client(service_url) as client, pytest.raises(InputError, match="2 queries"):
        client.search(text="x", image=blue_card)


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "nonsense"])
def test_where_nobody_answers_it_says_how_to_start_a_service(url):
    with Client(url) as client, pytest.raises(InputError, match="efuda serve"):
        client.model()
