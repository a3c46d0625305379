"""POST /v1/tag: the tags of a picture."""

import asyncio
from typing import Any

from fastapi import APIRouter, Request

from components.data.images import check_known_format
from serving.encoding import ImageTask
from serving.host import Served
from serving.messages import FILE_SCHEMA, TagQuery, TagResponse
from serving.requests import is_multipart, not_empty, picture, read_form, validated

router = APIRouter()

# OpenAPI cannot read off the route that its body comes in several forms.
BODY: dict[str, Any] = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "properties": {"image": FILE_SCHEMA},
                "required": ["image"],
            }
        },
        "image/*": {"schema": FILE_SCHEMA},
    },
}
PARAMETERS: list[dict[str, Any]] = [
    {"name": name, "in": "query", "required": False, "schema": schema}
    for name, schema in TagQuery.model_json_schema()["properties"].items()
]


@router.post("/v1/tag", openapi_extra={"requestBody": BODY, "parameters": PARAMETERS})
async def tag(request: Request, host: Served) -> TagResponse:
    """Tags of a picture, with probability and threshold."""
    query, body = await read_tag_request(request)
    check_known_format(body)
    wants_regions = query.evidence or host.service.reads_regions
    image = await host.tag_encoder.encode_image(ImageTask(body, wants_regions))
    return await asyncio.to_thread(host.service.tag, image, query)


async def read_tag_request(request: Request) -> tuple[TagQuery, bytes]:
    """What to tell about the picture, and the picture's bytes.

    Raises:
        RequestError: If there is no picture, or a parameter is out of range.
    """
    parameters: dict[str, object] = dict(request.query_params)
    if not is_multipart(request):
        body = await request.body()
        return validated(TagQuery, parameters), not_empty(body, "image")
    async with read_form(request) as form:
        parameters |= {
            name: value
            for name, value in form.multi_items()
            if name != "image" and isinstance(value, str)
        }
        query = validated(TagQuery, parameters)
        return query, await picture(form, "image", "Send it as the form field image.")
