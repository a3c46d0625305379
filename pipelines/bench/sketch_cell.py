"""Photographs found by sketches of classes that were never seen."""

from components.errors import InputError
from pipelines.bench.rows import Cell
from pipelines.bench.scoring import Scored
from pipelines.bench.world import World

WAYS = ("raw", "centred", "ma_sbir", "efuda")
"""raw: vectors as they are; centred: each modality's mean subtracted."""


def measure_sketches(cell: Cell, world: World) -> tuple[dict[str, object], Scored]:
    raise InputError("not yet")
