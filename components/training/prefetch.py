"""Loads the next item while the current one is being used."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Loaded = TypeVar("Loaded")


def loaded_ahead(
    items: Iterable[Item], load: Callable[[Item], Loaded] | None
) -> Iterator[tuple[Item, Loaded | None]]:
    """Each item with what is loaded for it, in order; with nothing to load, each with None.

    Items are drawn and loaded one ahead, so at most two loaded things are in memory.
    """
    if load is None:
        yield from ((item, None) for item in items)
        return
    with ThreadPoolExecutor(1, thread_name_prefix="ahead") as pool:
        waiting = None
        for item in items:
            following = (item, pool.submit(load, item))
            if waiting is not None:
                yield waiting[0], waiting[1].result()
            waiting = following
        if waiting is not None:
            yield waiting[0], waiting[1].result()
