import io
import json

import pytest
from PIL import Image

from serving.encoding import seen_part
from tests.serving.tiny_bundle import ColourEncoder, card


def png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def labels_of(answer: dict) -> list[str]:
    return [result["tags"][0]["label"] for result in answer["results"]]


def error_of(response, status: int) -> dict:
    assert response.status_code == status, response.text
    error = response.json()["error"]
    assert set(error) == {"code", "message", "hint"}
    assert error["message"]
    return error


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


def test_a_result_leads_to_its_picture(client):
    result = client.post("/v1/search", json={"text": "red", "k": 1}).json()["results"][0]
    assert "/" in result["id"]
    assert " " in result["id"]
    response = client.get(result["image_url"])
    assert response.headers["content-type"] == "image/jpeg"
    assert Image.open(io.BytesIO(response.content)).size == (96, 72)
    again = client.get(result["image_url"], headers={"if-none-match": response.headers["etag"]})
    assert again.status_code == 304


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


def test_an_address_is_never_fetched(client):
    address = {"image": "http://127.0.0.1:1/x.png"}
    assert error_of(client.post("/v1/search", data=address), 422)["code"] == "not_a_file"
    boundary = "b"
    form = f'--{boundary}\r\ncontent-disposition: form-data; name="image"\r\n\r\nfile:///etc/passwd\r\n--{boundary}--\r\n'
    kind = {"content-type": f"multipart/form-data; boundary={boundary}"}
    assert error_of(client.post("/v1/tag", content=form, headers=kind), 422)["code"] == "not_a_file"


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


@pytest.mark.parametrize("chunked", [False, True])
def test_a_large_body_is_refused(client, chunked):
    size = 21 * 1024 * 1024
    chunks = (b"\0" * 65536 for _ in range(size // 65536))
    body = chunks if chunked else b"\0" * size
    for path in ("/v1/tag", "/v1/search", "/nowhere"):
        content = (b"\0" * 65536 for _ in range(size // 65536)) if chunked else body
        response = client.post(path, content=content)
        if chunked and path != "/v1/tag":
            assert response.status_code in (404, 413, 415)
        else:
            assert error_of(response, 413)["code"] == "body_too_large"


def test_a_length_that_is_no_number_is_refused(client):
    response = client.post("/v1/tag", content=b"x", headers={"content-length": "many"})
    assert error_of(response, 400)["code"] == "bad_length"


@pytest.mark.parametrize("path", ["/nowhere", "/v1/images/none", "/v1/images/", "/page/../app.py"])
def test_unknown_addresses_are_errors_of_one_shape(client, path):
    error_of(client.get(path), 404)


def test_a_wrong_method_is_an_error_of_the_same_shape(client):
    error_of(client.get("/v1/tag"), 405)


def test_facts(client):
    assert client.get("/healthz").json() == {"status": "ok"}
    assert client.get("/readyz").json() == {"status": "ready"}
    card_ = client.get("/v1/model").json()
    assert card_["num_labels"] == 4
    assert card_["num_pictures"] == 24
    paths = client.get("/openapi.json").json()["paths"]
    assert {"/v1/tag", "/v1/search", "/v1/images/{picture_id}", "/v1/model"} <= set(paths)
    assert "multipart/form-data" in paths["/v1/search"]["post"]["requestBody"]["content"]


def test_the_page_loads_nothing_from_elsewhere(client):
    response = client.get("/")
    assert "default-src 'none'" in response.headers["content-security-policy"]
    for name in ("index.html", "page.css", "page.js", "sketch.js", "cards.js", "icon.svg"):
        part = client.get(f"/page/{name}")
        assert part.status_code == 200
        text = part.text.replace("http://www.w3.org/2000/svg", "")
        assert "http://" not in text
        assert "https://" not in text
        assert part.headers["x-content-type-options"] == "nosniff"


def test_evidence_keeps_to_what_the_encoder_sees():
    class Cropping(ColourEncoder):
        def preprocess(self, image):
            side = min(image.size)
            left, top = (image.width - side) // 2, (image.height - side) // 2
            return super().preprocess(image.crop((left, top, left + side, top + side)))

    assert seen_part(ColourEncoder(), (300, 200)) == pytest.approx((0, 0, 1, 1), abs=0.01)
    assert seen_part(Cropping(), (400, 200)) == pytest.approx((0.25, 0, 0.75, 1), abs=0.01)
    assert seen_part(Cropping(), (200, 400)) == pytest.approx((0, 0.25, 1, 0.75), abs=0.01)
