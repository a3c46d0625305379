"""Which cells a bench has."""

from collections.abc import Sequence
from dataclasses import dataclass

from bench.proposals.cell import LABELERS
from bench.protocols import DEFAULT, PROPOSALS, SKETCH, HoldoutChoice, holdout_of
from bench.rows import Cell
from bench.sketch_cell import WAYS
from components.errors import InputError
from components.methods.catalog import METHODS

WITH_PHOTO_LABELS = ("cards", "coco256")
WITH_SKETCHES = ("cards", "pacs280")
WITH_STATISTICS = ("clip_vitb16",)


@dataclass(frozen=True, kw_only=True, slots=True)
class Grid:
    """What to measure: worlds × protocols × methods × seeds."""

    worlds: tuple[str, ...]
    protocols: tuple[str, ...]
    methods: tuple[str, ...]
    seeds: int
    holdout: HoldoutChoice = "protocol"

    def check(self) -> None:
        """Refuse a grid without cells.

        Raises:
            InputError: Saying what the worlds offer.
        """
        if self.worlds and not self.cells:
            offers = {world: ", ".join(offered(world)) for world in self.worlds}
            told = "; ".join(f"{world}: {words}" for world, words in offers.items())
            raise InputError(
                "There is nothing to measure: none of the worlds has both a protocol and a method "
                f"that were asked for. Protocols that they have: {told}. Leave out --protocol or "
                "--method, or choose others."
            )

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
    """Of label protocols, of sketch retrieval and of proposals, each name once."""
    ways = (way for way in WAYS if way not in METHODS)
    return tuple(dict.fromkeys([*ways, *METHODS, *LABELERS]))


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
    served = {SKETCH: WITH_SKETCHES, PROPOSALS: WITH_STATISTICS}
    return tuple(word for word in protocols if world in served.get(word, WITH_PHOTO_LABELS))


def offered(world: str) -> tuple[str, ...]:
    """The protocols of a world, among those that are measured unless others are asked for."""
    return protocols_of(world, DEFAULT)


def methods_of(protocol: str, methods: Sequence[str]) -> tuple[str, ...]:
    """Those that a protocol compares."""
    own = {SKETCH: WAYS, PROPOSALS: LABELERS}.get(protocol, tuple(METHODS))
    return tuple(name for name in own if name in methods)
