from pathlib import Path

import pytest

from bench.cell import keep
from bench.compare import Comparisons
from bench.world import World, open_world
from tests.bench.made_rows import measured
from tests.bench.tiny_world import saved_world


@pytest.fixture(scope="session")
def world_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return saved_world(tmp_path_factory.mktemp("worlds") / "cards")


@pytest.fixture(scope="session")
def world(world_folder: Path) -> World:
    return open_world(world_folder)


@pytest.fixture
def comparisons(tmp_path: Path) -> Comparisons:
    found = [measured(m, s) for s in (0, 1) for m in ("zero_shot", "ignore_unknown", "efuda")]
    for each in found:
        keep(tmp_path, each)
    return Comparisons(tmp_path, [each.row for each in found])
