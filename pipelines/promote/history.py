"""Which versions have served, so that a rollback returns to one that did and was not withdrawn.

The registry keeps the numbers in the order in which they became champion. A rollback takes
the last one off; a version that was refused never was among them.
"""

from collections.abc import Sequence

from project.registry import CHAMPION, PREVIOUS, Registry, Version

CHAMPIONS_NOTE = "efuda.champions"
"""Tag of the model: numbers of versions, the first champion first."""


def champions(registry: Registry) -> list[str]:
    """Numbers of the champions up to the one that serves now; empty without one.

    What stands behind the champion belongs to a promotion that was killed before it moved
    the alias, or to a rollback that was killed after it.
    """
    champion = registry.holder(CHAMPION)
    if champion is None:
        return []
    numbers = _noted(registry, champion)
    if champion.number not in numbers:
        return [champion.number]
    last = len(numbers) - 1 - numbers[::-1].index(champion.number)
    return numbers[: last + 1]


def _noted(registry: Registry, champion: Version) -> list[str]:
    noted = registry.note(CHAMPIONS_NOTE)
    if noted is not None:
        return noted.split()
    # Earlier versions kept the one before alone, and after a rollback the withdrawn one.
    previous = registry.holder(PREVIOUS)
    returned = champion.tags.get("efuda.decision") == "rolled back"
    return [champion.number] if previous is None or returned else [previous.number, champion.number]


def crown(registry: Registry, version: Version) -> None:
    """Make a version the champion, after those before it."""
    before = champions(registry)
    if before and before[-1] == version.number:
        return
    _write(registry, [*before, version.number])
    registry.point(PREVIOUS, registry.numbered(before[-1]) if before else None)
    registry.point(CHAMPION, version)


def return_to(registry: Registry, version: Version) -> None:
    """Make an earlier champion the champion again, and forget those after it."""
    numbers = champions(registry)
    kept = numbers[: numbers.index(version.number) + 1]
    registry.point(CHAMPION, version)
    _write(registry, kept)
    registry.point(PREVIOUS, registry.numbered(kept[-2]) if len(kept) > 1 else None)


def _write(registry: Registry, numbers: Sequence[str]) -> None:
    registry.set_note(CHAMPIONS_NOTE, " ".join(numbers))
