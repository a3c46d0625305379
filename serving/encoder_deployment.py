"""The encoder as a Ray Serve deployment of its own, with dynamic batching."""

import asyncio
from pathlib import Path
from typing import Any

import numpy as np
from ray import serve
from ray.exceptions import RayError
from ray.serve.handle import DeploymentHandle

from components.data.images import ImageFault
from project.ray_session import keep_replica_local
from serving.encoding import (
    BatchEncoder,
    EncodedImage,
    ImageTask,
    Outcome,
    PreparedImage,
    encoded_or_raise,
)
from serving.guards.request_errors import RequestError

MAX_BATCH = 16
BATCH_WAIT_S = 0.005
# Serve holds back requests over this number, and with them the batch.
MAX_ONGOING = 4 * MAX_BATCH
ANSWER_TIMEOUT_S = 60.0


@serve.deployment(name="encoder", max_ongoing_requests=MAX_ONGOING, health_check_period_s=10)
class EncoderDeployment:
    """One replica: waits a few milliseconds for company, then encodes a batch at once."""

    def __init__(self, bundle_directory: str, num_threads: int, *, for_tags: bool = False) -> None:
        # Ray gives an actor one thread; the encoder may use what it was given.
        import torch

        from components.bundle import load_bundle
        from components.encoders.catalog import build_encoder
        from serving.service import check_encoder

        keep_replica_local()
        torch.set_num_threads(num_threads)
        bundle = load_bundle(Path(bundle_directory))
        config = bundle.tag_encoder_config if for_tags else bundle.encoder_config
        encoder = build_encoder(config)
        check_encoder(bundle, encoder.id, for_tags=for_tags)
        self._batches = BatchEncoder(encoder)
        self._batch_sizes: dict[int, int] = {}
        # The first query would otherwise pay for what libraries load late.
        self._batches.encode_texts([("ready",)])

    async def encode_image(self, task: ImageTask) -> Outcome:
        """The vectors of a picture, or its fault.

        It is decoded before it joins a batch, so that a slow one keeps no other waiting.
        """
        try:
            prepared = await asyncio.to_thread(self._batches.prepare, task)
        except ImageFault as fault:
            return fault
        return await self._encode_prepared(prepared)

    @serve.batch(max_batch_size=MAX_BATCH, batch_wait_timeout_s=BATCH_WAIT_S)
    async def _encode_prepared(self, images: list[PreparedImage]) -> list[EncodedImage]:
        """In a thread, so that health checks are answered meanwhile."""
        self._count(len(images))
        return await asyncio.to_thread(self._batches.encode_prepared, images)

    @serve.batch(max_batch_size=MAX_BATCH, batch_wait_timeout_s=BATCH_WAIT_S)
    async def encode_texts(self, groups: list[tuple[str, ...]]) -> list[np.ndarray]:
        """One matrix of vectors a group of texts."""
        self._count(len(groups))
        return await asyncio.to_thread(self._batches.encode_texts, groups)

    async def batch_sizes(self) -> dict[int, int]:
        """How many batches of each size were computed since the start."""
        return dict(self._batch_sizes)

    def _count(self, size: int) -> None:
        self._batch_sizes[size] = self._batch_sizes.get(size, 0) + 1


class RemoteEncoder:
    """A :class:`~serving.encoding.QueryEncoder` behind a Serve handle."""

    def __init__(self, handle: DeploymentHandle) -> None:
        self._handle: Any = handle

    async def encode_image(self, task: ImageTask) -> EncodedImage:
        return encoded_or_raise(await self._answer(self._handle.encode_image.remote(task)))

    async def encode_texts(self, texts: tuple[str, ...]) -> np.ndarray:
        return await self._answer(self._handle.encode_texts.remote(texts))

    async def _answer(self, response: Any) -> Any:
        try:
            return await asyncio.wait_for(response, ANSWER_TIMEOUT_S)
        except TimeoutError:
            hint = "Ask again later, or with a smaller picture."
            raise RequestError(503, "overloaded", "The encoder is busy.", hint) from None
        except RayError:
            hint = "It is started again; ask in a minute."
            raise RequestError(503, "unavailable", "The encoder does not answer.", hint) from None
