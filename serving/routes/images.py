"""GET /v1/images: the gallery's pictures; GET /v1/images/ID: a preview of one."""

import asyncio
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from serving.guards.request_errors import RequestError
from serving.host import Served
from serving.messages import ListQuery, ListResponse
from serving.requests import validated

LIST_FIELDS = ("tags", "without")
PARAMETERS: list[dict[str, Any]] = [
    {"name": name, "in": "query", "required": False, "schema": schema}
    for name, schema in ListQuery.model_json_schema()["properties"].items()
]

router = APIRouter()


@router.get("/v1/images", openapi_extra={"parameters": PARAMETERS})
async def images(request: Request, host: Served) -> ListResponse:
    """Pictures of the gallery, in its own order."""
    given = request.query_params
    values: dict[str, object] = {
        name: given.getlist(name) if name in LIST_FIELDS else given[name] for name in given
    }
    query = validated(ListQuery, values)
    return await asyncio.to_thread(host.service.listed, query)


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
