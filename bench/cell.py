"""Measures one cell: hide, learn, score."""

import time
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypedDict

import numpy as np

from bench.cell_figures import CellFigures, score
from bench.protocols import PROPOSALS, SKETCH, label_task
from bench.rows import NOT_APPLICABLE, Cell, Row, row_key, scores_path, write_row
from bench.world import World
from components.atomic import atomic_path
from components.errors import InputError
from components.methods.catalog import METHODS
from components.training.inference import head_logits
from tuning.search import learn


@dataclass(frozen=True, kw_only=True, slots=True)
class Measured:
    """A row and the arrays kept beside it."""

    row: Row
    arrays: dict[str, np.ndarray]


def cell_key(cell: Cell, world: World, code: str) -> str:
    """The name of the cell's row, as learned by that code."""
    return row_key(cell, world.identity, code)


def measure_cell(cell: Cell, world: World, *, key: str, code: str) -> Measured:
    """Learn and score one cell.

    A method that this world or protocol cannot serve gives a row that says why.

    Args:
        cell: What to measure.
        world: Its world.
        key: From :func:`cell_key`.
        code: From :func:`bench.code_version.code_version`. Both are asked
            before the first cell, since files may be edited while a bench runs.
    """
    clock = _Clock()
    row = partial(
        Row,
        cell=cell,
        key=key,
        code=code,
        split_hash=world.split_hash,
        encoder=world.encoder_id,
    )
    try:
        if cell.protocol == SKETCH:
            from bench.sketch_cell import measure_sketches

            values, scored, arrays = measure_sketches(cell, world)
        elif cell.protocol == PROPOSALS:
            from bench.proposals.cell import measure_proposals

            values, scored, arrays = measure_proposals(cell, world)
        else:
            values, scored, arrays = _measure_labels(cell, world)
    except InputError as fault:
        return Measured(row=row(status=f"{NOT_APPLICABLE}{fault}", **clock.read()), arrays={})
    drawn = {f"draws_{name}": draws for name, draws in scored.draws.items()}
    return Measured(
        row=row(**values, metrics=scored.metrics, **clock.read()), arrays=arrays | drawn
    )


class _Spent(TypedDict):
    seconds: float
    core_seconds: float


class _Clock:
    """Seconds on the wall and of the processor since it was made."""

    def __init__(self) -> None:
        self._wall_s, self._core_s = time.perf_counter(), time.process_time()

    def read(self) -> _Spent:
        return {
            "seconds": round(time.perf_counter() - self._wall_s, 3),
            "core_seconds": round(time.process_time() - self._core_s, 3),
        }


def _measure_labels(
    cell: Cell, world: World
) -> tuple[dict[str, Any], CellFigures, dict[str, np.ndarray]]:
    masked = label_task(world, cell.protocol, seed=cell.seed, holdout=cell.holdout)
    if METHODS[cell.method].is_trained and not masked.task.states.any():
        raise InputError(
            f"{cell.protocol} leaves no label known in the {len(masked.task.states)} training "
            f"images of world {world.name}, so there is nothing to learn from"
        )
    found = learn(cell.method, masked.task, world.schedule, seed=cell.seed)
    test, holdout = world.parts["test"], masked.task.holdout
    logits = head_logits(
        found.head, np.array(test.views[0]), test.regions[0] if test.regions else None
    )
    holdout_logits = head_logits(found.head, holdout.vectors, holdout.regions)
    values: dict[str, Any] = {
        "mask_hash": masked.mask_hash,
        "holdout_score": found.holdout_score,
        "best_epoch": found.best_epoch,
        "settings": _plain(asdict(found.settings)),
        "tried": [_plain(asdict(each)) for each in found.tried],
    }
    scored = score(logits, test.states, holdout_logits, holdout)
    return values, scored, {"logits": logits.astype(np.float16)}


def keep(out: Path, measured: Measured) -> None:
    """Write the arrays, then the row: a row that exists is whole."""
    if measured.arrays:
        with (
            atomic_path(scores_path(out, measured.row.key)) as temporary,
            temporary.open("wb") as f,
        ):
            np.savez(f, allow_pickle=False, **measured.arrays)
    write_row(out, measured.row)


def _plain(value: object) -> object:
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, dict):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return value if isinstance(value, str | int | float | bool | None) else str(value)
