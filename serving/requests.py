"""Reads what a client sent: raw pictures, forms and JSON, each within its limits."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request

from serving.messages import SearchQuery, TagQuery
from serving.request_error import RequestError, invalid

Q = TypeVar("Q", bound=BaseModel)
PICTURES = ("image", "sketch")
LIST_FIELDS = ("tags", "without")
HOW_TO_SEARCH = "Send one of text, image or sketch as multipart form fields, or text alone as JSON."


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """A search as the client asked for it; ``body`` holds the picture's bytes."""

    kind: Literal["text", "image", "sketch"]
    query: SearchQuery
    body: bytes = b""


async def read_tag_request(request: Request) -> tuple[TagQuery, bytes]:
    """The picture's bytes and what to tell about it.

    Raises:
        RequestError: If there is no picture, or a parameter is out of range.
    """
    parameters: dict[str, object] = dict(request.query_params)
    if not _content_type(request).startswith("multipart/form-data"):
        body = await request.body()
        return validated(TagQuery, parameters), _not_empty(body, "image")
    form = await _form(request)
    try:
        fields = form.multi_items()
        parameters |= {
            name: value for name, value in fields if name != "image" and isinstance(value, str)
        }
        query = validated(TagQuery, parameters)
        return query, await _picture(form, "image", "Send it as the form field image.")
    finally:
        await form.close()


async def read_search_request(request: Request) -> SearchRequest:
    """What to search for.

    Raises:
        RequestError: If there is not exactly one query, or something is out of range.
    """
    kind = _content_type(request)
    if kind.startswith(("multipart/form-data", "application/x-www-form-urlencoded")):
        form = await _form(request)
        try:
            return await _search_form(form)
        finally:
            await form.close()
    if kind and not kind.startswith("application/json"):
        raise RequestError(
            415, "content_type", f"A search cannot be sent as {kind[:60]!r}.", HOW_TO_SEARCH
        )
    return _text_search(validated(SearchQuery, _json_object(await request.body())))


async def _search_form(form: FormData) -> SearchRequest:
    given = [name for name in ("text", *PICTURES) if _is_given(form, name)]
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
    body = await _picture(form, given[0], HOW_TO_SEARCH)
    return SearchRequest("image" if given[0] == "image" else "sketch", query, body)


def _text_search(query: SearchQuery) -> SearchRequest:
    if query.text is None:
        raise invalid("one_query", "The request holds no query.", HOW_TO_SEARCH)
    if not query.text.strip():
        raise invalid("empty_text", "The text is empty.", "Say what to look for.")
    return SearchRequest("text", query)


def validated(model: type[Q], values: Mapping[str, object]) -> Q:
    """``values`` as a message; a RequestError names the first fault and all allowed fields."""
    try:
        return model.model_validate(values)
    except ValidationError as fault:
        first = fault.errors(include_url=False, include_context=False)[0]
        place = ".".join(str(step) for step in first["loc"])[:80]
        allowed = ", ".join(model.model_fields)
        raise invalid(
            "invalid_field", f"{place!r}: {first['msg']}.", f"The fields are {allowed}."
        ) from None


def _content_type(request: Request) -> str:
    return request.headers.get("content-type", "").strip().lower()


async def _form(request: Request) -> FormData:
    try:
        return await request.form(max_files=4, max_fields=64)
    except HTTPException as fault:
        raise RequestError(400, "bad_form", f"The form cannot be read: {fault.detail}") from None
    except (ValueError, KeyError, LookupError, AssertionError) as fault:
        raise RequestError(400, "bad_form", f"The form cannot be read: {fault}") from None


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        raise RequestError(400, "bad_json", "The body is not JSON.", HOW_TO_SEARCH) from None
    if not isinstance(value, dict):
        raise invalid("bad_json", "The body must be a JSON object.", HOW_TO_SEARCH)
    return value


def _is_given(form: FormData, name: str) -> bool:
    """Whether a form holds a field; a page sends empty ones for what was not chosen."""
    values: Sequence[object] = form.getlist(name)
    return any(isinstance(value, UploadFile) or value != "" for value in values)


async def _picture(form: FormData, name: str, hint: str) -> bytes:
    values = form.getlist(name)
    if len(values) != 1:
        raise invalid("one_image", f"{len(values)} pictures were sent as {name!r}; send one.", hint)
    value = values[0]
    if not isinstance(value, UploadFile):
        raise invalid(
            "not_a_file",
            f"The field {name!r} holds text, not a file.",
            "Addresses are never fetched: send the picture itself, with a file name.",
        )
    return _not_empty(await value.read(), name)


def _not_empty(body: bytes, name: str) -> bytes:
    if not body:
        raise invalid("image_empty", f"No {name} was sent: its body has no bytes.", "Send a file.")
    return body
