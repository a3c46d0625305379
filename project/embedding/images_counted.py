"""How many images the actors of all machines are through with, for the one that watches."""

import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

import ray
from ray.exceptions import GetTimeoutError, RayError

EVERY_S = 2.0


class _Counter:
    """Lives in an actor of its own."""

    def __init__(self) -> None:
        self._count = 0

    def add(self, number: int) -> None:
        self._count += number

    def count(self) -> int:
        return self._count


class ImagesCounted:
    """A counter that actors add to without waiting; on a Ray that runs.

    A shard that is computed again after its actor was lost counts again.
    """

    def __init__(self) -> None:
        self.counter: Any = ray.remote(num_cpus=0)(_Counter).remote()
        self._told = 0

    def tell(self, on_images: Callable[[int], object]) -> None:
        """Hand on what has come since the last time; a counter that is lost stays silent."""
        try:
            count: int = ray.get(self.counter.count.remote(), timeout=EVERY_S)
        except (GetTimeoutError, RayError):
            return
        if count > self._told:
            on_images(count - self._told)
            self._told = count

    @contextmanager
    def told(self, on_images: Callable[[int], object]) -> Generator[None]:
        """Hand on every few seconds while the block runs."""
        over = threading.Event()

        def watch() -> None:
            while not over.wait(EVERY_S):
                self.tell(on_images)

        thread = threading.Thread(target=watch, name="images counted", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()
