"""GET / and /page/NAME: the page and its parts; a browser may load nothing from elsewhere."""

from pathlib import Path

from fastapi import APIRouter
from starlette.responses import Response

from serving.guards.request_errors import RequestError

FILES = Path(__file__).parent.parent / "page_files"
MEDIA_TYPES = {
    "index.html": "text/html; charset=utf-8",
    "page.css": "text/css; charset=utf-8",
    "page.js": "text/javascript; charset=utf-8",
    "sketch.js": "text/javascript; charset=utf-8",
    "cards.js": "text/javascript; charset=utf-8",
    "drops.js": "text/javascript; charset=utf-8",
    "filters.js": "text/javascript; charset=utf-8",
    "docs.html": "text/html; charset=utf-8",
    "docs.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}
CONTENT_SECURITY_POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob: data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    ]
)

router = APIRouter(include_in_schema=False)


@router.get("/")
async def index() -> Response:
    """The page."""
    return page_response("index.html")


@router.get("/page/{name}")
async def part(name: str) -> Response:
    """A part of it."""
    return page_response(name)


def page_response(name: str, policy: str = CONTENT_SECURITY_POLICY) -> Response:
    """One of the page's own files; any other name is not found."""
    media_type = MEDIA_TYPES.get(name)
    if media_type is None:
        raise RequestError(404, "no_such_page", "The page has no such part.")
    headers = {
        "content-security-policy": policy,
        "cache-control": "no-cache",
    }
    return Response((FILES / name).read_bytes(), 200, headers, media_type)
