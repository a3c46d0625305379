from types import SimpleNamespace

import numpy as np
import pytest

from project.method import wanted
from project.settings.train import TrainSettings


def settings_of(**train):
    return SimpleNamespace(train=TrainSettings(**train))


def data_of(states, *, regions=False, num_from_captions=0):
    labels = SimpleNamespace(states=np.array(states, np.int8))
    maps = (np.zeros((len(states), 4, 8), np.float16),) if regions else ()
    return SimpleNamespace(
        train=SimpleNamespace(labels=labels, regions=maps), num_from_captions=num_from_captions
    )


POSITIVES = data_of([[1, 0], [0, 1], [1, 1], [0, 0]])
VERIFIED = data_of([[1, -1], [0, 0], [-1, -1], [0, 0]], regions=True)


def test_recipes_are_taken_as_they_are_written():
    found = wanted(settings_of(recipes=("vlpl", "zero_shot")), POSITIVES)
    assert found.recipes == ("vlpl", "zero_shot")
    assert found.reason is None


@pytest.mark.parametrize(
    ("method", "recipes"),
    [("trm_ml", ("zero_shot", "trm_ml")), ("zero_shot", ("zero_shot",))],
)
def test_one_method_is_trained_beside_zero_shot(method, recipes):
    found = wanted(settings_of(method=method), POSITIVES)
    assert found.recipes == recipes
    assert found.reason is None


def test_auto_explains_itself_where_nobody_said_no():
    found = wanted(settings_of(method="auto"), POSITIVES)
    assert found.recipes == ("zero_shot", "efuda")
    assert "3 of 4 training images have a known label, 50.0% of all cells" in found.reason
    assert "4 of them present and 0 absent" in found.reason
    assert "weakly absent" in found.reason
    assert "no region vectors" in found.reason


def test_auto_explains_itself_where_absences_and_regions_are_there():
    found = wanted(settings_of(method="auto"), VERIFIED)
    assert found.recipes == ("zero_shot", "efuda")
    assert "2 of 4 training images" in found.reason
    assert "1 of them present and 3 absent" in found.reason
    assert "unknown cells are left out" in found.reason
    assert "region vectors are there" in found.reason


def test_auto_says_so_where_labels_were_read_from_captions():
    found = wanted(settings_of(method="auto"), data_of([[1, 0], [0, 1]], num_from_captions=2))
    assert found.recipes == ("zero_shot", "efuda")
    assert "read from captions, with which Efuda did better than TagAlign" in found.reason
    assert "captions" not in wanted(settings_of(method="auto"), POSITIVES).reason
