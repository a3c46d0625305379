import pytest

from examples.cards.concepts import concepts
from examples.cards.pictures import sprite


@pytest.mark.parametrize("name", list(concepts()))
def test_every_picture_of_a_concept_can_be_drawn(name: str) -> None:
    assert concepts()[name].known_pictures
    for code in concepts()[name].pictures:
        assert min(sprite(code).size) > 4


def test_recolouring_changes_a_tinted_picture() -> None:
    red, blue = sprite("1F697", "red"), sprite("1F697", "blue")
    assert red.size == blue.size
    assert red.tobytes() != blue.tobytes()
