"""What the routes answer from."""

import asyncio
import logging
import time
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Request

from components.data.images import ImageFault
from serving.encoding import ImageTask, QueryEncoder
from serving.guards.request_errors import RequestError
from serving.service import Service

PROBE_TEXT = ("ready",)
# A grey square of 8 pixels, which goes through everything a photograph goes through.
PROBE_PICTURE = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000008000000080800000000e164e1570000001049444154"
    "78da636c60800026068a180026080090b5310a910000000049454e44ae426082"
)
PROBE_TIMEOUT_S = 5.0
REMEMBERED_S = 2.0
"""How long an answer about readiness is given again."""

logger = logging.getLogger(__name__)


class Readiness:
    """Asks the encoders what a client would ask them, at most every other second."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._until = 0.0
        self._is_ready = False

    async def of(self, encoders: tuple[QueryEncoder, ...]) -> bool:
        """Whether each of them encodes a text and a picture in time."""
        async with self._lock:
            if time.monotonic() >= self._until:
                self._is_ready = await _all_answer(tuple(dict.fromkeys(encoders)))
                self._until = time.monotonic() + REMEMBERED_S
            return self._is_ready


async def _all_answer(encoders: tuple[QueryEncoder, ...]) -> bool:
    probes = [each.encode_image(ImageTask(PROBE_PICTURE)) for each in encoders]
    # Texts are encoded by that of the index alone.
    try:
        async with asyncio.timeout(PROBE_TIMEOUT_S):
            await asyncio.gather(encoders[0].encode_texts(PROBE_TEXT), *probes)
    except (TimeoutError, RequestError, ImageFault):
        return False
    except Exception:
        # Whatever is wrong in there, queries would not be answered.
        logger.exception("a probe failed")
        return False
    return True


@dataclass(frozen=True, slots=True)
class Host:
    """One bundle's answers, and the encoders that make vectors of queries.

    Attributes:
        service: Answers from vectors.
        encoder: Of the index: for searches.
        tag_encoder: Of the tagger: the same, unless it was trained with one of its own.
        readiness: What is known of whether they answer.
    """

    service: Service
    encoder: QueryEncoder
    tag_encoder: QueryEncoder

    readiness: Readiness = field(default_factory=Readiness)

    async def is_ready(self) -> bool:
        """Whether queries would be answered now."""
        return await self.readiness.of((self.encoder, self.tag_encoder))


async def host_of(request: Request) -> Host:
    """The host of the application that got the request."""
    return request.app.state.host


Served = Annotated[Host, Depends(host_of)]
"""A parameter of this type is how a route gets what it answers from."""
