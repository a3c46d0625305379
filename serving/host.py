"""What the routes answer from."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from serving.encoding import QueryEncoder
from serving.service import Service


@dataclass(frozen=True, slots=True)
class Host:
    """One bundle's answers, and the encoders that make vectors of queries.

    Attributes:
        service: Answers from vectors.
        encoder: Of the index: for searches.
        tag_encoder: Of the tagger: the same, unless it was trained with one of its own.
    """

    service: Service
    encoder: QueryEncoder
    tag_encoder: QueryEncoder

    async def is_ready(self) -> bool:
        """Whether queries would be answered now."""
        encoders = dict.fromkeys((self.encoder, self.tag_encoder))
        return all([await each.is_ready() for each in encoders])


async def host_of(request: Request) -> Host:
    """The host of the application that got the request."""
    return request.app.state.host


Served = Annotated[Host, Depends(host_of)]
"""A parameter of this type is how a route gets what it answers from."""
