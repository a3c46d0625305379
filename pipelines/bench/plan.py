"""Which cells a bench has."""

from collections.abc import Sequence
from dataclasses import dataclass

from components.errors import InputError
from pipelines.bench.rows import Cell
from pipelines.bench.situations import SKETCH, HoldoutChoice, holdout_of
from pipelines.bench.sketch_cell import WAYS
from tuning.methods import METHODS

WITH_PHOTO_LABELS = ("cards", "coco256")
WITH_SKETCHES = ("cards", "pacs280")


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """What to measure: worlds × protocols × methods × seeds."""

    worlds: tuple[str, ...]
    protocols: tuple[str, ...]
    methods: tuple[str, ...]
    seeds: int
    holdout: HoldoutChoice = "protocol"

    @property
    def cells(self) -> list[Cell]:
        """In the order in which they are measured: a seed of everything before the next."""
        return [
            Cell(
                world=world,
                protocol=word,
                method=method,
                seed=seed,
                holdout=holdout_of(word, self.holdout),
            )
            for seed in range(self.seeds)
            for world in self.worlds
            for word in self.protocols
            if word in protocols_of(world, self.protocols)
            for method in methods_of(word, self.methods)
        ]


def all_methods() -> tuple[str, ...]:
    """Of label protocols and of sketch retrieval, each name once."""
    return tuple(dict.fromkeys([*(way for way in WAYS if way not in METHODS), *METHODS]))


def check_methods(names: Sequence[str]) -> None:
    """Refuse names that are no method.

    Raises:
        InputError: Naming the methods there are.
    """
    for name in names:
        if name not in all_methods():
            raise InputError(f"No method is called {name!r}; use {', '.join(all_methods())}.")


def protocols_of(world: str, protocols: Sequence[str]) -> tuple[str, ...]:
    """Those that a world has data for."""
    return tuple(
        word
        for word in protocols
        if world in (WITH_SKETCHES if word == SKETCH else WITH_PHOTO_LABELS)
    )


def methods_of(protocol: str, methods: Sequence[str]) -> tuple[str, ...]:
    """Those that a protocol compares."""
    own = WAYS if protocol == SKETCH else tuple(METHODS)
    return tuple(name for name in own if name in methods)
