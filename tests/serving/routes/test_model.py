def test_what_is_served_is_told(client):
    card = client.get("/v1/model").json()
    assert card["num_labels"] == 4
    assert card["num_pictures"] == 24
