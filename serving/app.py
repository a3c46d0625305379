"""The web application: routes around a service and a query encoder."""

import asyncio
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from components.data.images import ImageFault
from components.errors import InputError
from serving.body_limit import BodyLimit
from serving.encoding import ImageTask, QueryEncoder, check_image
from serving.messages import (
    ErrorResponse,
    Health,
    ModelCard,
    SearchResponse,
    TagResponse,
)
from serving.openapi import SEARCH_BODY, TAG_BODY, TAG_PARAMETERS
from serving.page import page_response
from serving.request_error import RequestError
from serving.requests import read_search_request, read_tag_request
from serving.service import Service

FAULTS: dict[int | str, dict[str, Any]] = {
    "4XX": {"model": ErrorResponse, "description": "The request cannot be answered."}
}
STATUS_HINTS = {
    404: "GET / is the page, GET /openapi.json lists the addresses.",
    405: "GET /openapi.json tells which methods an address takes.",
}


def create_app(
    service: Service, encoder: QueryEncoder, tag_encoder: QueryEncoder | None = None
) -> FastAPI:
    """The application, ready for any ASGI server.

    Args:
        service: Answers from vectors.
        encoder: Turns queries into vectors, here or in another process.
        tag_encoder: Turns pictures to be tagged into vectors; needed where the tagger was
            trained together with an encoder of its own, which is not that of the index.
    """
    encoders = (encoder, tag_encoder or encoder)
    app = FastAPI(
        title="Efuda",
        summary="Tags pictures, and finds them by text, picture or sketch.",
        version=service.bundle.version,
        # The stock pages load scripts from other hosts.
        docs_url=None,
        redoc_url=None,
        responses=FAULTS,
    )
    app.add_middleware(BodyLimit)
    _add_faults(app)
    _add_queries(app, service, *encoders)
    _add_facts(app, service, encoders)
    _add_page(app)
    return app


def _add_queries(
    app: FastAPI, service: Service, encoder: QueryEncoder, tag_encoder: QueryEncoder
) -> None:
    @app.post("/v1/tag", openapi_extra={"requestBody": TAG_BODY, "parameters": TAG_PARAMETERS})
    async def tag(request: Request) -> TagResponse:
        """Tags of a picture, with probability and threshold."""
        query, body = await read_tag_request(request)
        await asyncio.to_thread(check_image, body)
        wants_regions = query.evidence or service.reads_regions
        image = await tag_encoder.encode_image(ImageTask(body, wants_regions))
        return await asyncio.to_thread(service.tag, image, query)

    @app.post("/v1/search", openapi_extra={"requestBody": SEARCH_BODY})
    async def search(request: Request) -> SearchResponse:
        """Pictures like a text, a picture or a sketch."""
        asked = await read_search_request(request)
        query = asked.query
        # An unknown tag is refused before anything is computed.
        service.bundle.gallery.check(*query.tags, *query.without)
        if asked.kind == "text":
            vectors = await encoder.encode_texts(service.prompts(query.text or ""))
        else:
            await asyncio.to_thread(check_image, asked.body)
            image = await encoder.encode_image(ImageTask(asked.body))
            vectors = image.global_vector[None]
        return await asyncio.to_thread(
            service.search, vectors, asked.kind, query.k, tags=query.tags, without=query.without
        )


def _add_facts(app: FastAPI, service: Service, encoders: Iterable[QueryEncoder]) -> None:
    @app.get("/v1/images/{picture_id:path}", response_class=Response)
    async def image(picture_id: str, request: Request) -> Response:
        """A small JPEG of a picture of the gallery."""
        found = await asyncio.to_thread(service.image, picture_id)
        if found is None:
            raise RequestError(404, "no_such_picture", "There is no picture of this id.")
        content_hash, jpeg = found
        etag = f'"{content_hash[:32]}"'
        headers = {"etag": etag, "cache-control": "private, max-age=86400"}
        if request.headers.get("if-none-match") == etag:
            return Response(status_code=304, headers=headers)
        return Response(jpeg, media_type="image/jpeg", headers=headers)

    @app.get("/v1/model")
    async def model() -> ModelCard:
        """What is being served."""
        return service.card()

    @app.get("/healthz")
    async def healthz() -> Health:
        """Whether the process answers."""
        return Health(status="ok")

    @app.get("/readyz")
    async def readyz() -> Health:
        """Whether queries would be answered now."""
        if not all([await each.is_ready() for each in dict.fromkeys(encoders)]):
            raise RequestError(
                503, "not_ready", "The encoder is not ready yet.", "Ask again shortly."
            )
        return Health(status="ready")


def _add_page(app: FastAPI) -> None:
    directory = Path(__file__).parent / "page_files"

    @app.get("/", include_in_schema=False)
    async def index() -> Response:
        return page_response(directory, "index.html")

    @app.get("/page/{name}", include_in_schema=False)
    async def part(name: str) -> Response:
        return page_response(directory, name)


def _add_faults(app: FastAPI) -> None:
    @app.exception_handler(RequestError)
    async def problem(_request: Request, fault: RequestError) -> Response:
        return fault.response()

    @app.exception_handler(ImageFault)
    async def bad_image(_request: Request, fault: ImageFault) -> Response:
        hint = "Send a JPEG, PNG, WebP, GIF, BMP or TIFF file."
        return RequestError(
            422, str(fault.reason), f"The picture cannot be used: {fault.detail}.", hint
        ).response()

    @app.exception_handler(InputError)
    async def bad_input(_request: Request, fault: InputError) -> Response:
        return RequestError(422, "invalid_input", str(fault)).response()

    @app.exception_handler(HTTPException)
    async def http_fault(_request: Request, fault: HTTPException) -> Response:
        hint = STATUS_HINTS.get(fault.status_code, "")
        headers = dict(fault.headers or {})
        return RequestError(fault.status_code, "http", str(fault.detail), hint, headers).response()

    @app.exception_handler(Exception)
    async def defect(_request: Request, _fault: Exception) -> JSONResponse:
        error = {
            "code": "defect",
            "message": "This is a fault of the service.",
            "hint": "See its log.",
        }
        return JSONResponse({"error": error}, 500)
