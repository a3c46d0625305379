import numpy as np
import pytest

from bench.cell import keep
from bench.rows import read_row, row_path, scores_path
from bench.world import World
from components.errors import ArtefactError
from tests.bench.measuring import cell, measured_cell


def test_a_row_comes_back_from_disk(world: World, tmp_path) -> None:
    measured = measured_cell(cell(), world)
    keep(tmp_path, measured)
    assert read_row(row_path(tmp_path, measured.row.key)) == measured.row
    with np.load(scores_path(tmp_path, measured.row.key), allow_pickle=False) as kept:
        assert set(kept.files) == set(measured.arrays)
    row_path(tmp_path, "broken").write_text('{"schema_version": 1}')
    with pytest.raises(ArtefactError, match="no row of the bench"):
        read_row(row_path(tmp_path, "broken"))
