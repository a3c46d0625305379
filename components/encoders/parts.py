"""A batch encoded in small parts, side by side, each on one thread.

A product of matrices is added up in another order on two threads than on one, and may then
round to another half-precision number. Parts of one size, each computed by a thread alone,
come out the same on any number of threads, and in Ray's actors as in this process.
"""

from collections.abc import Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import torch
from jaxtyping import Num
from torch import Tensor

from components.encoders.batches import View
from components.encoders.encoder import Encoder, ImageVectors

PART = 4
"""Images of a part on the CPU. It must not depend on the number of threads."""


class PartEncoder:
    """Encodes batches; made by :func:`part_encoder`."""

    def __init__(self, encoder: Encoder, pool: ThreadPoolExecutor, part: int | None) -> None:
        self._encoder = encoder
        self._pool = pool
        self._part = part

    def encode_views(
        self, pixels: Num[Tensor, "batch 3 height width"], views: Iterable[View]
    ) -> dict[View, ImageVectors]:
        """Vectors of each view of a batch; ``flip`` is the mirror image."""
        parts = pixels.split(self._part or len(pixels))
        # All views are under way before the first is waited for.
        running: dict[View, list[Future[ImageVectors]]] = {
            view: [
                self._pool.submit(
                    self._encoder.encode_images, part.flip(-1) if view == "flip" else part
                )
                for part in parts
            ]
            for view in views
        }
        return {
            view: _joined([future.result() for future in futures])
            for view, futures in running.items()
        }


@contextmanager
def part_encoder(encoder: Encoder, device: str, num_threads: int) -> Generator[PartEncoder]:
    """Threads that encode; torch's own number of threads is as before afterwards.

    Args:
        encoder: Its ``encode_images`` is called in several threads at once.
        device: Where it computes. An accelerator takes whole batches, one by one.
        num_threads: Parts that are computed at once on the CPU; 0 means one a core.
    """
    before = torch.get_num_threads()
    on_cpu = device == "cpu"
    workers = (num_threads or before) if on_cpu else 1
    pool = ThreadPoolExecutor(
        workers, thread_name_prefix="encode", initializer=torch.set_num_threads, initargs=(1,)
    )
    try:
        yield PartEncoder(encoder, pool, PART if on_cpu else None)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
        torch.set_num_threads(before)


def _joined(parts: list[ImageVectors]) -> ImageVectors:
    return ImageVectors(
        torch.cat([part.global_vectors for part in parts]),
        torch.cat([part.region_vectors for part in parts]),
    )
