import numpy as np

from examples.cards.concepts import concepts
from examples.cards.pretraining import WORLD, draw_example
from examples.cards.scenes import NEW_FILTERS, NEW_PATTERNS, plan_scene


def test_the_training_world_keeps_new_pictures_and_styles_out() -> None:
    new = {code for concept in concepts().values() for code in concept.new_pictures}
    for number in range(100):
        plan = plan_scene(np.random.default_rng(number), WORLD)
        assert not new & {thing.picture for thing in plan.things}
        assert plan.pattern not in NEW_PATTERNS
        assert plan.filter not in NEW_FILTERS


def test_training_captions_never_use_the_names_kept_back() -> None:
    never = [c.name for c in concepts().values() if c.name_use == "never"]
    for number in range(80):
        _, texts, _ = draw_example(number, 4)
        for text in texts:
            assert not [name for name in never if name in text], text
