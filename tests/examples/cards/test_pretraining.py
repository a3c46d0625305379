import numpy as np

from examples.cards.concepts import concepts
from examples.cards.pretraining import (
    KINDS,
    MOST_THINGS,
    SEEN_PX,
    WORLD,
    draw_example,
    plan_example,
)
from examples.cards.scenes import NEW_FILTERS, NEW_PATTERNS, plan_scene


def test_the_training_world_keeps_new_pictures_and_styles_out() -> None:
    new = {code for concept in concepts().values() for code in concept.new_pictures}
    for number in range(100):
        plan = plan_scene(np.random.default_rng(number), WORLD)
        assert not new & {thing.picture for thing in plan.things}
        assert plan.pattern not in NEW_PATTERNS
        assert plan.filter not in NEW_FILTERS


def test_no_kind_of_example_shows_new_pictures_or_styles() -> None:
    new = {code for concept in concepts().values() for code in concept.new_pictures}
    for kind in KINDS:
        for number in range(40):
            scene = plan_example(np.random.default_rng(number), kind)
            assert not new & {thing.picture for thing in scene.things}
            assert scene.pattern not in NEW_PATTERNS
            assert scene.filter not in NEW_FILTERS
            assert len(scene.things) <= MOST_THINGS


def test_training_captions_never_use_the_names_kept_back() -> None:
    never = [c.name for c in concepts().values() if c.name_use == "never"]
    for number in range(80):
        for text in draw_example(number, 4).captions:
            assert not [name for name in never if name in text], text


def test_an_example_says_what_is_seen_where() -> None:
    for number in range(60):
        example = draw_example(number, 1)
        assert example.pixels.shape[:2] == example.owners.shape
        areas = np.bincount(example.owners.ravel(), minlength=len(example.subjects) + 1)[1:]
        assert [row >= 0 for row in example.subjects] == [area >= SEEN_PX for area in areas]
        assert len(example.colours) == len(example.subjects)


def test_an_example_depends_on_its_number_alone() -> None:
    first, again = draw_example(5, 2), draw_example(5, 2)
    assert np.array_equal(first.pixels, again.pixels)
    assert first.captions == again.captions
    assert not np.array_equal(first.pixels, draw_example(6, 2).pixels)
