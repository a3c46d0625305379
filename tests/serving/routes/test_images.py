import io

from PIL import Image


def test_a_result_leads_to_its_picture(client):
    result = client.post("/v1/search", json={"text": "red", "k": 1}).json()["results"][0]
    assert "/" in result["id"]
    assert " " in result["id"]
    response = client.get(result["image_url"])
    assert response.headers["content-type"] == "image/jpeg"
    assert Image.open(io.BytesIO(response.content)).size == (96, 72)
    again = client.get(result["image_url"], headers={"if-none-match": response.headers["etag"]})
    assert again.status_code == 304
