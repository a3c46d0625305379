from dataclasses import replace

import numpy as np
import pytest

from components.methods.region_discriminant.recipe import directions
from components.methods.region_discriminant.settings import RegionDiscriminantSettings
from components.training.task import Names
from tests.components.methods.region_world import region_task
from tests.components.methods.untrained import head_of, logits_of


def test_a_name_that_no_region_speaks_for_keeps_its_text():
    task = region_task()
    away = -np.ones((1, task.names.vectors.shape[1]), np.float32) / 4
    vectors = np.concatenate([task.names.vectors, away])
    states = np.zeros((len(task.states), len(vectors)), np.int8)
    task = replace(task, states=states, names=Names(vectors=vectors, temperature=0.1))
    found = directions(RegionDiscriminantSettings(), task)
    text = vectors - vectors.mean(axis=0)
    np.testing.assert_allclose(found[-1], text[-1], atol=1e-6)
    assert not np.isclose(found[:-1], text[:-1], atol=1e-2).all(axis=1).all()


def test_the_whole_image_has_the_rest():
    task = region_task()
    regions, whole, both = (
        logits_of(head_of("region_discriminant", task, regions=share), task)
        for share in (1.0, 0.0, 0.9)
    )
    np.testing.assert_allclose(both, 0.9 * regions + 0.1 * whole, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("wrong", [{"certain": 0}, {"regions": -0.1}, {"regions": 1.1}])
def test_settings_out_of_range_are_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        RegionDiscriminantSettings(**wrong)
