"""Labels that are the same but for how they are written: Food, food, `` food``, teddy_bear."""

from collections import defaultdict
from collections.abc import Iterable


def loose(name: str) -> str:
    """A label without what people write differently: case, spaces, ``_`` and ``-``.

    Example:
        >>> loose(" Teddy_bear")
        'teddy bear'
    """
    return " ".join(name.replace("_", " ").replace("-", " ").casefold().split())


def same_but_for_spelling(names: Iterable[str]) -> list[list[str]]:
    """Groups of two and more names that are written differently and are else the same."""
    groups: dict[str, list[str]] = defaultdict(list)
    for name in dict.fromkeys(names):
        groups[loose(name)].append(name)
    return [group for group in groups.values() if len(group) > 1]
