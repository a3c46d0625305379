from pathlib import Path

import pytest

from tests.bench.tiny_world import saved_world


@pytest.fixture(scope="session")
def world_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return saved_world(tmp_path_factory.mktemp("worlds") / "cards")
