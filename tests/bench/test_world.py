import numpy as np

from bench.world import World
from tests.bench.tiny_world import tiny_world


def test_a_saved_world_is_the_same_world(world: World) -> None:
    drawn = tiny_world()
    assert world.identity == drawn.identity
    assert world.split_hash == drawn.split_hash
    for split, part in drawn.parts.items():
        np.testing.assert_array_equal(world.parts[split].states, part.states)
        np.testing.assert_array_equal(world.parts[split].views, part.views)
        np.testing.assert_array_equal(world.parts[split].regions[1], part.regions[1])
    assert world.captions is not None
    assert drawn.captions is not None
    np.testing.assert_array_equal(world.captions.tags.object_tags, drawn.captions.tags.object_tags)
