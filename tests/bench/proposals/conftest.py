import pytest

from bench.proposals.world import ProposalWorld
from bench.world import World, open_world, save_world
from examples.worlds.clip_vectors import bench_world
from tests.bench.proposals.made_world import made_world


@pytest.fixture(scope="session")
def seen() -> ProposalWorld:
    """What labelers see."""
    return made_world()


@pytest.fixture(scope="session")
def world(seen: ProposalWorld, tmp_path_factory: pytest.TempPathFactory) -> World:
    """The same as the bench reads it from disk."""
    folder = tmp_path_factory.mktemp("clip") / "world"
    save_world(bench_world(seen, "made up"), folder)
    return open_world(folder)
