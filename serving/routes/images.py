"""GET /v1/images/ID: a preview of a picture of the gallery."""

import asyncio

from fastapi import APIRouter, Request
from fastapi.responses import Response

from serving.guards.request_errors import RequestError
from serving.host import Served

router = APIRouter()


@router.get("/v1/images/{picture_id:path}", response_class=Response)
async def image(picture_id: str, request: Request, host: Served) -> Response:
    """A small JPEG of a picture of the gallery."""
    found = await asyncio.to_thread(host.service.image, picture_id)
    if found is None:
        raise RequestError(404, "no_such_picture", "There is no picture of this id.")
    content_hash, jpeg = found
    etag = f'"{content_hash[:32]}"'
    headers = {"etag": etag, "cache-control": "private, max-age=86400"}
    if request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers=headers)
    return Response(jpeg, media_type="image/jpeg", headers=headers)
