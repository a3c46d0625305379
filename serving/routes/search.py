"""POST /v1/search: pictures like a text, a picture or a sketch."""

import asyncio
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from starlette.datastructures import FormData

from components.data.images import check_known_format
from serving.encoding import ImageTask
from serving.guards.request_errors import RequestError, invalid
from serving.host import Served
from serving.messages import FILE_SCHEMA, SearchQuery, SearchResponse
from serving.requests import content_type, is_given, json_object, picture, read_form, validated
from serving.service import QueryKind

PICTURES = ("image", "sketch")
LIST_FIELDS = ("tags", "without")
HOW_TO_SEARCH = "Send one of text, image or sketch as multipart form fields, or text alone as JSON."

router = APIRouter()


def _form_schema() -> dict[str, Any]:
    schema = SearchQuery.model_json_schema()
    pictures = {
        "image": {**FILE_SCHEMA, "description": "A photograph to find similar ones to."},
        "sketch": {**FILE_SCHEMA, "description": "A drawing, dark lines on white."},
    }
    return {**schema, "properties": {**schema["properties"], **pictures}}


# OpenAPI cannot read off the route that its body comes in several forms.
BODY: dict[str, Any] = {
    "required": True,
    "content": {
        "multipart/form-data": {"schema": _form_schema()},
        "application/json": {"schema": SearchQuery.model_json_schema()},
    },
}


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """A search as the client asked for it; ``body`` holds the picture's bytes."""

    kind: QueryKind
    query: SearchQuery
    body: bytes = b""


@router.post("/v1/search", openapi_extra={"requestBody": BODY})
async def search(request: Request, host: Served) -> SearchResponse:
    """Pictures like a text, a picture or a sketch."""
    service = host.service
    asked = await read_search_request(request)
    query = asked.query
    # An unknown tag is refused before anything is computed.
    service.bundle.gallery.check(*query.tags, *query.without)
    if asked.kind == "text":
        vectors = await host.encoder.encode_texts(service.prompts(query.text or ""))
    else:
        check_known_format(asked.body)
        image = await host.encoder.encode_image(ImageTask(asked.body))
        vectors = image.global_vector[None]
    return await asyncio.to_thread(
        service.search, vectors, asked.kind, query.k, tags=query.tags, without=query.without
    )


async def read_search_request(request: Request) -> SearchRequest:
    """What to search for.

    Raises:
        RequestError: If there is not exactly one query, or something is out of range.
    """
    kind = content_type(request)
    if kind.startswith(("multipart/form-data", "application/x-www-form-urlencoded")):
        async with read_form(request) as form:
            return await _search_form(form)
    if kind and not kind.startswith("application/json"):
        raise RequestError(
            415, "content_type", f"A search cannot be sent as {kind[:60]!r}.", HOW_TO_SEARCH
        )
    values = json_object(await request.body(), HOW_TO_SEARCH)
    return _text_search(validated(SearchQuery, values))


async def _search_form(form: FormData) -> SearchRequest:
    given = [name for name in ("text", *PICTURES) if is_given(form, name)]
    if len(given) != 1:
        told = "no query" if not given else f"{len(given)} queries ({', '.join(given)})"
        raise invalid(
            "one_query", f"The request holds {told}; exactly one is needed.", HOW_TO_SEARCH
        )
    values: dict[str, object] = {}
    for name in form:
        if name in PICTURES or (name == "text" and "text" not in given):
            continue
        several = [value for value in form.getlist(name) if isinstance(value, str)]
        if name in LIST_FIELDS:
            values[name] = [value for value in several if value]
        elif several:
            values[name] = several[-1]
        else:
            raise invalid("invalid_field", f"The field {name[:60]!r} must not be a file.")
    query = validated(SearchQuery, values)
    if given[0] == "text":
        return _text_search(query)
    body = await picture(form, given[0], HOW_TO_SEARCH)
    return SearchRequest("image" if given[0] == "image" else "sketch", query, body)


def _text_search(query: SearchQuery) -> SearchRequest:
    if query.text is None:
        raise invalid("one_query", "The request holds no query.", HOW_TO_SEARCH)
    if not query.text.strip():
        raise invalid("empty_text", "The text is empty.", "Say what to look for.")
    return SearchRequest("text", query)
