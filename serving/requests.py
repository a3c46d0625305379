"""Reads what a client sent, whatever the endpoint: forms, pictures and JSON, within limits."""

import json
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request

from serving.guards.request_errors import RequestError, invalid

Q = TypeVar("Q", bound=BaseModel)


def content_type(request: Request) -> str:
    """What the client says that the body is, in small letters; empty if it does not say."""
    return request.headers.get("content-type", "").strip().lower()


def is_multipart(request: Request) -> bool:
    """Whether the body is a form that may hold files."""
    return content_type(request).startswith("multipart/form-data")


@asynccontextmanager
async def read_form(request: Request) -> AsyncGenerator[FormData]:
    """The form in a body; its files are gone after the block.

    Raises:
        RequestError: If it cannot be read or has too many parts.
    """
    try:
        form = await request.form(max_files=4, max_fields=64)
    except HTTPException as fault:
        raise RequestError(400, "bad_form", f"The form cannot be read: {fault.detail}") from None
    except (ValueError, KeyError, LookupError, AssertionError) as fault:
        raise RequestError(400, "bad_form", f"The form cannot be read: {fault}") from None
    try:
        yield form
    finally:
        await form.close()


def is_given(form: FormData, name: str) -> bool:
    """Whether a form holds a field; a page sends empty ones for what was not chosen."""
    values: Sequence[object] = form.getlist(name)
    return any(isinstance(value, UploadFile) or value != "" for value in values)


async def picture(form: FormData, name: str, hint: str) -> bytes:
    """The bytes of the one file that a field holds.

    Raises:
        RequestError: If it holds none, several, a text, or a file without bytes; ``hint``
            says what to send instead.
    """
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
    return not_empty(await value.read(), name)


def not_empty(body: bytes, name: str) -> bytes:
    """The bytes of a picture; a RequestError if there are none."""
    if not body:
        raise invalid("image_empty", f"No {name} was sent: its body has no bytes.", "Send a file.")
    return body


def json_object(body: bytes, hint: str) -> dict[str, Any]:
    """A body as a JSON object; a RequestError with ``hint`` if it is none."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        raise RequestError(400, "bad_json", "The body is not JSON.", hint) from None
    if not isinstance(value, dict):
        raise invalid("bad_json", "The body must be a JSON object.", hint)
    return value


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
