"""A cell measured as the bench does, for tests of cells and rows."""

from bench.cell import Measured, cell_key, measure_cell
from bench.rows import Cell
from bench.world import World


def cell(protocol: str = "partial:0.5", method: str = "zero_shot", seed: int = 0) -> Cell:
    return Cell(world="cards", protocol=protocol, method=method, seed=seed)


def measured_cell(cell: Cell, world: World) -> Measured:
    return measure_cell(cell, world, key=cell_key(cell, world, "code"), code="code")
