"""Everything that can be wrong with a request, in one JSON shape."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from starlette.responses import Response


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

    def response(self) -> Response:
        """The answer: ``{"error": {"code", "message", "hint"}}``."""
        body = {"error": {"code": self.code, "message": self.message, "hint": self.hint}}
        # ASCII, because a message may quote text that has no encoding.
        content = json.dumps(body, ensure_ascii=True)
        return Response(content, self.status, dict(self.headers), media_type="application/json")


def invalid(code: str, message: str, hint: str = "") -> RequestError:
    """A request that was understood but holds something that cannot be used."""
    return RequestError(422, code, message, hint)
