"""From pictures to batches of pixels: load ahead in threads, and stack."""

from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

import torch
from jaxtyping import Num
from torch import Tensor

View = Literal["original", "flip"]
Item = TypeVar("Item")

GROUPS_AHEAD = 2
"""Batches that are loaded while one is encoded; they bound the memory."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Why an item could not be loaded: one word, and a sentence."""

    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class LoadedBatch(Generic[Item]):
    """Items that were loaded, their pixels in the same order, and those that were not."""

    items: tuple[Item, ...]
    pixels: Num[Tensor, "batch 3 height width"] | None
    faults: tuple[tuple[Item, Fault], ...]


def loaded_batches(
    items: Sequence[Item],
    load: Callable[[Item], Num[Tensor, "3 height width"] | Fault],
    *,
    batch_size: int,
    num_threads: int,
) -> Iterator[LoadedBatch[Item]]:
    """Load items in threads, a few batches ahead of the consumer.

    Batches are cut before loading, so which items share a batch does not depend
    on timing: vectors come out the same in every run.

    Args:
        items: What to load, in order.
        load: Called in a thread; must not raise for a bad item.
        batch_size: Items of a batch, less those that could not be loaded.
        num_threads: Threads that load.
    """
    groups = (items[start : start + batch_size] for start in range(0, len(items), batch_size))
    waiting: deque[tuple[Sequence[Item], list[Future[Tensor | Fault]]]] = deque()
    with _cancelling_pool(num_threads) as pool:
        for group in groups:
            waiting.append((group, [pool.submit(load, item) for item in group]))
            if len(waiting) > GROUPS_AHEAD:
                yield _collect(*waiting.popleft())
        while waiting:
            yield _collect(*waiting.popleft())


def _collect(
    group: Sequence[Item], futures: Sequence["Future[Tensor | Fault]"]
) -> LoadedBatch[Item]:
    results = [future.result() for future in futures]
    good = [
        (item, result)
        for item, result in zip(group, results, strict=True)
        if isinstance(result, Tensor)
    ]
    faults = tuple(
        (item, result)
        for item, result in zip(group, results, strict=True)
        if isinstance(result, Fault)
    )
    pixels = torch.stack([result for _, result in good]) if good else None
    return LoadedBatch(tuple(item for item, _ in good), pixels, faults)


@contextmanager
def _cancelling_pool(num_threads: int) -> Generator[ThreadPoolExecutor]:
    """A pool that drops what nobody waits for when the consumer stops early."""
    pool = ThreadPoolExecutor(num_threads, thread_name_prefix="load")
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
