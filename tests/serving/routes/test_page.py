def test_the_page_loads_nothing_from_elsewhere(client):
    response = client.get("/")
    assert "default-src 'none'" in response.headers["content-security-policy"]
    for name in (
        "index.html",
        "page.css",
        "page.js",
        "sketch.js",
        "cards.js",
        "drops.js",
        "filters.js",
        "docs.html",
        "docs.js",
        "icon.svg",
    ):
        part = client.get(f"/page/{name}")
        assert part.status_code == 200
        text = part.text.replace("http://www.w3.org/2000/svg", "")
        assert "http://" not in text
        assert "https://" not in text
        assert part.headers["x-content-type-options"] == "nosniff"
