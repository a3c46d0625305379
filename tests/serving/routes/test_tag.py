import pytest
from PIL import Image

from tests.serving.asking import error_of, png
from tests.serving.tiny_bundle import card


@pytest.mark.parametrize("way", ["raw", "form"])
def test_a_picture_gets_its_tags(client, way):
    body = png(card("red"))
    if way == "raw":
        response = client.post("/v1/tag", content=body, headers={"content-type": "image/png"})
    else:
        response = client.post("/v1/tag", files={"image": ("x.png", body)})
    assert response.status_code == 200, response.text
    tags = response.json()["tags"]
    assert tags[0]["label"] == "red"
    assert tags[0]["present"]
    assert tags[0]["probability"] > tags[0]["threshold"]
    assert [tag["probability"] for tag in tags] == sorted(
        (tag["probability"] for tag in tags), reverse=True
    )


def test_evidence_points_at_the_object(client):
    scene = Image.new("RGB", (160, 120), "white")
    scene.paste((40, 60, 220), (120, 0, 160, 40))
    response = client.post("/v1/tag?evidence=true&top_k=1", content=png(scene))
    tag = next(tag for tag in response.json()["tags"] if tag["label"] == "blue")
    box = tag["evidence"]["box"]
    assert box["left"] >= 0.5
    assert box["bottom"] <= 0.5
    assert tag["evidence"]["heat"][0][-1] == 1


def test_all_tags_on_request(client):
    body = png(card("green"))
    assert len(client.post("/v1/tag?all=true", content=body).json()["tags"]) == 4
    assert len(client.post("/v1/tag?top_k=1", content=body).json()["tags"]) == 1


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "image_empty"),
        (b"GIF89a", "truncated"),
        (b"<svg/>", "not_an_image"),
        (png(card("red"))[:200], "truncated"),
    ],
)
def test_bad_pictures_are_refused_with_the_reason(client, body, code):
    assert error_of(client.post("/v1/tag", content=body), 422)["code"] == code
    if body:
        files = {"sketch": ("x", body)}
        assert error_of(client.post("/v1/search", files=files), 422)["code"] == code


def test_too_many_pixels_are_refused_by_the_header_alone(client):
    body = png(Image.new("1", (9000, 9000)))
    assert error_of(client.post("/v1/tag", content=body), 422)["code"] == "too_many_pixels"
