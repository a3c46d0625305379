"""The web application: guards, then routes, around one host."""

from fastapi import FastAPI

from serving.encoding import QueryEncoder
from serving.guards.guarded import Guarded
from serving.guards.request_errors import RESPONSES, add_handlers
from serving.host import Host
from serving.routes import docs, health, images, model, originals, page, search, tag
from serving.service import Service

ROUTERS = (
    tag.router,
    search.router,
    images.router,
    originals.router,
    model.router,
    health.router,
    page.router,
    docs.router,
)
"""Every endpoint, in the order of the documentation."""


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
    app = FastAPI(
        title="Efuda",
        summary="Tags pictures, and finds them by text, picture or sketch.",
        version=service.bundle.version,
        # The stock pages load scripts from other hosts; routes/docs.py has its own.
        docs_url=None,
        redoc_url=None,
        responses=RESPONSES,
    )
    app.state.host = Host(service, encoder, tag_encoder or encoder)
    app.add_middleware(Guarded)
    add_handlers(app)
    for router in ROUTERS:
        app.include_router(router)
    return app
