"""Everything that can be wrong with a request, in one JSON shape."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from components.data.images import ImageFault
from components.data.quarantine_reasons import ImageReason
from components.errors import InputError
from serving.messages import ErrorResponse

RESPONSES: dict[int | str, dict[str, Any]] = {
    "4XX": {"model": ErrorResponse, "description": "The request cannot be answered."}
}
STATUS_HINTS = {
    404: "GET / is the page, GET /openapi.json lists the addresses.",
    405: "GET /openapi.json tells which methods an address takes.",
}


@dataclass
class RequestError(Exception):
    """A request that cannot be answered.

    Attributes:
        status: The HTTP status, 4xx unless the service itself is not ready.
        code: One word for programs.
        message: What is wrong, for people.
        hint: What to do about it.
    """

    status: int
    code: str
    message: str
    hint: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    def body(self) -> bytes:
        """``{"error": {"code", "message", "hint"}}``."""
        error = {"code": self.code, "message": self.message, "hint": self.hint}
        # ASCII, because a message may quote text that has no encoding.
        return json.dumps({"error": error}, ensure_ascii=True).encode()

    def response(self) -> Response:
        """The answer."""
        return Response(self.body(), self.status, dict(self.headers), media_type="application/json")


def defect() -> RequestError:
    """The answer where the service itself is at fault."""
    return RequestError(500, "defect", "This is a fault of the service.", "See its log.")


def invalid(code: str, message: str, hint: str = "") -> RequestError:
    """A request that was understood but holds something that cannot be used."""
    return RequestError(422, code, message, hint)


_FORMATS_HINT = "Send a JPEG, PNG, WebP, HEIC, AVIF, JPEG 2000, GIF, BMP or TIFF file."
_SMALLER_HINT = "Send it smaller, or as a baseline JPEG."
_IMAGE_HINTS = {
    ImageReason.TOO_COSTLY: _SMALLER_HINT,
    ImageReason.TOO_MANY_PIXELS: _SMALLER_HINT,
}


def add_handlers(app: FastAPI) -> None:
    """Answer every fault that reaches the application in the one shape."""
    for kind in (RequestError, ImageFault, InputError, HTTPException, Exception):
        app.add_exception_handler(kind, _answer)


async def _answer(_request: Request, fault: Exception) -> Response:
    return _told(fault).response()


def _told(fault: Exception) -> RequestError:
    match fault:
        case RequestError():
            return fault
        case ImageFault():
            message = f"The picture cannot be used: {fault.detail}."
            return invalid(
                str(fault.reason), message, _IMAGE_HINTS.get(fault.reason, _FORMATS_HINT)
            )
        case InputError():
            return invalid("invalid_input", str(fault))
        case HTTPException():
            hint = STATUS_HINTS.get(fault.status_code, "")
            headers = dict(fault.headers or {})
            return RequestError(fault.status_code, "http", str(fault.detail), hint, headers)
        case _:
            return defect()
