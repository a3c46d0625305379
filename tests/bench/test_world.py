from pathlib import Path

import numpy as np
import pytest

from bench.world import World, open_world
from components.atomic import read_json, write_json
from components.errors import ArtefactError
from tests.bench.tiny_world import saved_world, tiny_world


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


def test_a_world_of_another_version_is_refused_in_a_sentence(tmp_path: Path) -> None:
    folder = saved_world(tmp_path / "world")
    facts = read_json(folder / "world.json")
    write_json(folder / "world.json", {**facts, "schema_version": 1})
    with pytest.raises(ArtefactError, match="another version"):
        open_world(folder)
