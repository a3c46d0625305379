import io

from PIL import Image

from tests.serving.asking import error_of


def test_a_result_leads_to_its_picture(client):
    result = client.post("/v1/search", json={"text": "red", "k": 1}).json()["results"][0]
    assert "/" in result["id"]
    assert " " in result["id"]
    response = client.get(result["image_url"])
    assert response.headers["content-type"] == "image/jpeg"
    assert Image.open(io.BytesIO(response.content)).size == (96, 72)
    again = client.get(result["image_url"], headers={"if-none-match": response.headers["etag"]})
    assert again.status_code == 304


def test_the_gallery_is_listed_in_its_order_with_the_names_of_files(client):
    first = client.get("/v1/images", params={"k": 5}).json()
    assert first["total"] == 24
    assert [picture["path"] for picture in first["pictures"]] == [
        f"photos/deck/red {place}.png" for place in range(5)
    ]
    further = client.get("/v1/images", params={"k": 30, "start": 5}).json()
    assert len(further["pictures"]) == 19
    shown = first["pictures"] + further["pictures"]
    assert len({picture["id"] for picture in shown}) == 24
    assert client.get("/v1/images", params={"start": 10**15}).json()["pictures"] == []


def test_the_list_is_filtered_by_tags(client):
    blue = client.get("/v1/images", params={"tags": ["blue"], "k": 2}).json()
    assert blue["total"] == 6
    assert {tag["label"] for picture in blue["pictures"] for tag in picture["tags"]} == {"blue"}
    rest = client.get("/v1/images", params={"without": ["blue", "red"]}).json()
    assert rest["total"] == 12
    assert "'blue'" in error_of(client.get("/v1/images?tags=blu"), 422)["message"]
    error_of(client.get("/v1/images?k=0"), 422)
    error_of(client.get("/v1/images?colour=blue"), 422)
