"""GET /healthz and /readyz: what asks, in a cluster, whether to send queries here."""

from fastapi import APIRouter

from serving.guards.request_errors import RequestError
from serving.host import Served
from serving.messages import Health

router = APIRouter()


@router.get("/healthz")
async def healthz() -> Health:
    """Whether the process answers."""
    return Health(status="ok")


@router.get("/readyz")
async def readyz(host: Served) -> Health:
    """Whether queries would be answered now."""
    if not await host.is_ready():
        raise RequestError(503, "not_ready", "The encoder is not ready yet.", "Ask again shortly.")
    return Health(status="ready")
