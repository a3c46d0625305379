"""GET /docs: the description of the API, to read and to try, without any other host."""

from importlib.resources import files

from fastapi import APIRouter
from starlette.responses import Response

from serving.guards.request_errors import RequestError
from serving.routes.page import page_response

SWAGGER = files("fastapi_swagger") / "resources"
MEDIA_TYPES = {
    "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
    "swagger-ui.css": "text/css; charset=utf-8",
}
# Swagger UI writes styles into its elements, and carries its icons as data.
CONTENT_SECURITY_POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    ]
)

router = APIRouter(include_in_schema=False)


@router.get("/docs")
async def docs() -> Response:
    """The page, in which Swagger UI shows /openapi.json."""
    return page_response("docs.html", CONTENT_SECURITY_POLICY)


@router.get("/docs/{name}")
async def part(name: str) -> Response:
    """A part of Swagger UI; any other name is not found."""
    media_type = MEDIA_TYPES.get(name)
    if media_type is None:
        raise RequestError(404, "no_such_page", "The page has no such part.")
    headers = {"cache-control": "max-age=86400"}
    return Response((SWAGGER / name).read_bytes(), 200, headers, media_type)
