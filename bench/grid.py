"""Which cells a bench has."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from bench.proposals.cell import LABELERS
from bench.protocols import DEFAULT, PROPOSALS, SKETCH, HoldoutChoice, holdout_of
from bench.rows import Cell
from bench.sketch_cell import WAYS
from bench.world import World
from components.errors import InputError
from components.methods.catalog import METHODS

LABELS = "labels"
Kind = Literal["labels", "sketch", "proposals"]
"""Of protocols: those that hide photographs' labels, and the two that stand alone."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Grid:
    """What to measure: worlds × protocols × methods × seeds."""

    worlds: Mapping[str, frozenset[Kind]]
    """What each world has data for."""
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
            offers = {
                world: ", ".join(protocols_of(kinds, DEFAULT))
                for world, kinds in self.worlds.items()
            }
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
            for world, kinds in self.worlds.items()
            for word in protocols_of(kinds, self.protocols)
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


def kinds_of(world: World) -> frozenset[Kind]:
    """The kinds of protocols that a world has data for."""
    has: dict[Kind, bool] = {
        "labels": bool(world.parts["train"].ids),
        "sketch": world.sketches is not None,
        "proposals": world.statistics is not None,
    }
    return frozenset(kind for kind, is_there in has.items() if is_there)


def protocols_of(kinds: frozenset[Kind], protocols: Sequence[str]) -> tuple[str, ...]:
    """Those among ``protocols`` that are of these kinds."""
    own = (SKETCH, PROPOSALS)
    return tuple(word for word in protocols if (word if word in own else LABELS) in kinds)


def methods_of(protocol: str, methods: Sequence[str]) -> tuple[str, ...]:
    """Those that a protocol compares."""
    own = {SKETCH: WAYS, PROPOSALS: LABELERS}.get(protocol, tuple(METHODS))
    return tuple(name for name in own if name in methods)
