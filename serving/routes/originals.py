"""GET /v1/originals/ID: the file that a picture of the gallery was made from."""

import asyncio
from pathlib import PurePosixPath
from urllib.parse import quote

from fastapi import APIRouter
from fastapi.responses import Response

from serving.guards.request_errors import RequestError
from serving.host import Served

router = APIRouter()


@router.get("/v1/originals/{picture_id:path}", response_class=Response)
async def original(picture_id: str, host: Served) -> Response:
    """The file of a picture, to be saved; only where `serve.originals` is set."""
    service = host.service
    if service.originals is None:
        raise RequestError(
            404,
            "originals_not_served",
            "This service gives out previews only.",
            "Set serve.originals: true in params.yaml and start it again.",
        )
    row = service.bundle.gallery.row_of(picture_id)
    if row is None:
        raise RequestError(404, "no_such_picture", "There is no picture of this id.")
    picture = service.bundle.gallery.picture(row)
    data = await asyncio.to_thread(service.originals.read, picture)
    if data is None:
        raise RequestError(
            404,
            "original_gone",
            f"The file {picture.path} is gone, or is another picture than the one indexed.",
            "Run `efuda run`, then start the service with the new version.",
        )
    name = quote(PurePosixPath(picture.path).name, safe="")
    headers = {
        # Saved, never shown: its content is whatever the picture's maker wrote.
        "content-disposition": f"attachment; filename*=UTF-8''{name}",
        "x-content-type-options": "nosniff",
    }
    return Response(data, 200, headers, "application/octet-stream")
