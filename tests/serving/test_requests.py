from tests.serving.asking import error_of


def test_an_address_is_never_fetched(client):
    address = {"image": "http://127.0.0.1:1/x.png"}
    assert error_of(client.post("/v1/search", data=address), 422)["code"] == "not_a_file"
    boundary = "b"
    form = f'--{boundary}\r\ncontent-disposition: form-data; name="image"\r\n\r\nfile:///etc/passwd\r\n--{boundary}--\r\n'
    kind = {"content-type": f"multipart/form-data; boundary={boundary}"}
    assert error_of(client.post("/v1/tag", content=form, headers=kind), 422)["code"] == "not_a_file"
