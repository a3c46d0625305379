"""GET /v1/model: what is being served."""

from fastapi import APIRouter

from serving.host import Served
from serving.messages import ModelCard

router = APIRouter()


@router.get("/v1/model")
async def model(host: Served) -> ModelCard:
    """What is being served."""
    return host.service.card()
