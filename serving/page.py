"""Serves the page and its parts; the browser may load nothing from elsewhere."""

from pathlib import Path

from starlette.responses import Response

from serving.request_error import RequestError

MEDIA_TYPES = {
    "index.html": "text/html; charset=utf-8",
    "page.css": "text/css; charset=utf-8",
    "page.js": "text/javascript; charset=utf-8",
    "sketch.js": "text/javascript; charset=utf-8",
    "cards.js": "text/javascript; charset=utf-8",
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


def page_response(directory: Path, name: str) -> Response:
    """One of the page's own files; any other name is not found."""
    media_type = MEDIA_TYPES.get(name)
    if media_type is None:
        raise RequestError(404, "no_such_page", "The page has no such part.")
    headers = {
        "content-security-policy": CONTENT_SECURITY_POLICY,
        "cache-control": "no-cache",
    }
    return Response((directory / name).read_bytes(), 200, headers, media_type)
