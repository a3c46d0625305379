"""What a vocabulary's meanings change in the service's answers; ids stay as they are."""

from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from components.bundle import load_bundle
from components.labels.meaning import Meaning
from components.labels.vocabulary import Vocabulary
from serving.app import create_app
from serving.encoding import LocalEncoder
from serving.service import Service
from tests.serving.asking import png
from tests.serving.tiny_bundle import ColourEncoder, card

SAID = {
    "red": Meaning(display="rot", synonyms=("scarlet",), parents=("yellow",)),
    "blue": Meaning(prompts=("the {name} sky",), description="Blue as the sea."),
}


@pytest.fixture(scope="module")
def service(bundle_dir):
    bundle = load_bundle(bundle_dir)
    return Service(replace(bundle, vocabulary=Vocabulary(bundle.vocabulary.names, SAID)))


@pytest.fixture(scope="module")
def client(service):
    with TestClient(create_app(service, LocalEncoder(ColourEncoder()))) as client:
        yield client


def test_tags_pictures_and_the_card_tell_the_name_that_is_shown(client):
    tags = client.post("/v1/tag?all=true", content=png(card("red"))).json()["tags"]
    assert {tag["label"]: tag["display"] for tag in tags} == {
        "red": "rot",
        "green": "green",
        "blue": "blue",
        "yellow": "yellow",
    }
    [picture] = client.get("/v1/images?k=1&tags=red").json()["pictures"]
    assert (picture["tags"][0]["label"], picture["tags"][0]["display"]) == ("red", "rot")
    model = client.get("/v1/model").json()
    assert (model["display"], model["labels"][0]) == ({"red": "rot"}, "red")


def test_a_tag_is_at_most_as_probable_as_its_parent_and_brings_it_along(client):
    tags = client.post("/v1/tag?all=true", content=png(card("red"))).json()["tags"]
    told = {tag["label"]: tag for tag in tags}
    assert told["red"]["probability"] <= told["yellow"]["probability"]
    assert told["yellow"]["present"] or not told["red"]["present"]


def test_a_label_is_asked_for_by_any_of_its_words(service):
    sentences = ("a photo of a red", "a photo of a scarlet")
    assert (
        service.prompts("rot") == service.prompts("Scarlet") == service.prompts("red") == sentences
    )
    assert service.prompts("blue") == ("the blue sky", "Blue as the sea.")
    assert service.prompts("green") == ("a photo of a green",)
    assert service.prompts("violet") == ("violet",)
