import pytest

from components.errors import InputError
from examples.worlds.catalog import check_worlds, with_draws


def test_draws_take_the_place_of_their_world():
    assert with_draws(["pacs280", "cards"], 2) == ["pacs280", "cards@1", "cards@2"]


@pytest.mark.parametrize("word", ["cards@", "cards@x", "cards@-1", "pacs280@1", "moon"])
def test_what_is_no_world_and_no_draw_is_refused(word):
    with pytest.raises(InputError, match="use"):
        check_worlds([word])


def test_a_world_and_a_draw_of_it_are_taken():
    check_worlds(["cards", "cards@12", "coco256@3", "pacs280"])
