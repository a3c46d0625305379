import numpy as np

from bench.proposals.world import proposal_world


def test_a_saved_world_shows_labelers_the_same(seen, world) -> None:
    found = proposal_world(world)
    np.testing.assert_array_equal(found.vectors, seen.vectors)
    np.testing.assert_array_equal(found.truth, seen.truth)
    np.testing.assert_array_equal(found.statistics.together, seen.statistics.together)
    assert found.num_other_images == seen.num_other_images
    assert found.ids == seen.ids
