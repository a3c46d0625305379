"""What tests of the routes send, and how they read what comes back."""

import io

from PIL import Image


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
