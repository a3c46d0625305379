"""Photographs found by sketches of classes that were never seen."""

from collections.abc import Sequence
from functools import lru_cache
from hashlib import sha256
from itertools import combinations
from typing import Any, cast

import numpy as np
from jaxtyping import Float, Float32, Int

from bench.cell_figures import NUM_DRAWS, CellFigures
from bench.rows import Cell
from bench.world import SPLITS, World
from components.errors import InputError
from components.labels.states import PRESENT
from components.methods.ma_sbir.protocol import SketchProtocol, UnseenResult, Way
from components.methods.ma_sbir.world import SketchWorld

WAYS: tuple[Way, ...] = ("raw", "centred", "ma_sbir", "efuda")
ALL_PAIRS_UP_TO = 10
"""Worlds of so few classes leave out every pair of them; larger ones a share, by the seed."""
UNSEEN_SHARE = 0.2


def measure_sketches(
    cell: Cell, world: World
) -> tuple[dict[str, Any], CellFigures, dict[str, np.ndarray]]:
    """One way of asking, over the sets of unseen classes of a seed.

    Raises:
        InputError: If the world has no sketches or too few classes.
    """
    if world.sketches is None:
        raise InputError(f"world {world.name} has no sketches")
    protocol = _protocol(world)
    folds = unseen_sets(np.unique(world.sketches.classes), cell.seed)
    way = cast(Way, cell.method)
    results = [protocol.run(way, unseen, cell.seed) for unseen in folds]
    ordinary = _by_query(results, [each.ordinary for each in results])
    interpolated = _by_query(results, [each.interpolated for each in results])
    queries = np.array(sorted(ordinary))
    values = {
        "mAP_all": np.array([ordinary[row] for row in queries]),
        "mAP_all_interpolated": np.array([interpolated[row] for row in queries]),
    }
    classes = world.sketches.classes[queries]
    metrics = {name: float(np.nanmean(each)) for name, each in values.items()}
    metrics["mAP_all_seen"] = float(np.mean([each.seen_map for each in results]))
    weights = draw_queries(classes, seed=cell.seed)
    draws = {name: _weighted_means(each, weights) for name, each in values.items()}
    inner = [each.inner_score for each in results if each.inner_score is not None]
    row: dict[str, Any] = {
        "mask_hash": _hash_of(world, folds),
        "holdout_score": float(np.mean(inner)) if inner else float("nan"),
        "settings": {"folds": [_told(world, each) for each in results][:1]},
    }
    arrays = {"queries": queries, "average_precision": values["mAP_all"].astype(np.float32)}
    return row, CellFigures(metrics=metrics, draws=draws), arrays


def unseen_sets(classes: Int[np.ndarray, " classes"], seed: int) -> list[tuple[int, ...]]:
    """The sets of classes that are left out in turn, of those that have sketches."""
    if len(classes) <= ALL_PAIRS_UP_TO:
        return [(int(a), int(b)) for a, b in combinations(classes, 2)]
    chosen = np.random.default_rng((2401, seed)).permutation(classes)
    return [tuple(sorted(int(c) for c in chosen[: round(UNSEEN_SHARE * len(classes))]))]


def draw_queries(
    classes: Int[np.ndarray, " queries"], *, seed: int
) -> Float32[np.ndarray, "draws queries"]:
    """How often each query is drawn: classes are drawn first, then queries of each.

    Queries of one class go well or badly together, so drawing queries alone would
    make the intervals too narrow for a statement about other unseen classes.
    """
    rng = np.random.default_rng((2401, 4860, seed))
    names, sizes = np.unique(classes, return_counts=True)
    even = np.full(len(names), 1 / len(names))
    times = rng.multinomial(len(names), even, size=NUM_DRAWS)
    weights = np.zeros((NUM_DRAWS, len(classes)), np.float32)
    for place, (name, size) in enumerate(zip(names, sizes, strict=True)):
        drawn = rng.multinomial(times[:, place] * size, np.full(size, 1 / size))
        weights[:, classes == name] = drawn
    return weights


def _weighted_means(
    values: Float[np.ndarray, " queries"], weights: Float32[np.ndarray, "draws queries"]
) -> Float32[np.ndarray, " draws"]:
    measured = np.isfinite(values)
    total = weights[:, measured].sum(axis=1)
    return (weights[:, measured] @ values[measured] / np.maximum(total, 1e-9)).astype(np.float32)


def _by_query(
    results: Sequence[UnseenResult], values: Sequence[Float[np.ndarray, " queries"]]
) -> dict[int, float]:
    """Mean over the sets in which a sketch's class is unseen."""
    found: dict[int, list[float]] = {}
    for result, each in zip(results, values, strict=True):
        for row, value in zip(result.rows.tolist(), each.tolist(), strict=True):
            found.setdefault(row, []).append(value)
    return {row: float(np.mean(each)) for row, each in found.items()}


@lru_cache(maxsize=1)
def _protocol_of(world: "_ById") -> SketchProtocol:
    return SketchProtocol(_sketch_world(world.world))


class _ById:
    """A world as a key: the same object, the same key."""

    def __init__(self, world: World) -> None:
        self.world = world

    def __hash__(self) -> int:
        return id(self.world)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _ById) and self.world is other.world


def _protocol(world: World) -> SketchProtocol:
    """Kept between cells: ways share fits and choices."""
    return _protocol_of(_ById(world))


def _sketch_world(world: World) -> SketchWorld:
    assert world.sketches is not None
    parts = [world.parts[split] for split in SPLITS]
    return SketchWorld(
        photos=np.concatenate([part.views[0] for part in parts]),
        shown=np.concatenate([part.states for part in parts]) == PRESENT,
        sketches=world.sketches.drawings,
        sketch_classes=world.sketches.classes,
        class_vectors=world.names.vectors,
    )


def _hash_of(world: World, folds: Sequence[tuple[int, ...]]) -> str:
    """SHA-256 over the names of the classes that are left out together."""
    lines = ["\0".join(world.vocabulary.names[c] for c in unseen) for unseen in folds]
    return sha256("\n".join(lines).encode()).hexdigest()


def _told(world: World, result: UnseenResult) -> dict[str, object]:
    names = [world.vocabulary.names[c] for c in result.unseen]
    return {"unseen": names, "chosen": result.settings}
