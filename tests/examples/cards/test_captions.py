import numpy as np

from examples.cards.captions import captions
from examples.cards.concepts import concepts
from examples.cards.scenes import World, plan_scene


def test_captions_mention_only_what_is_in_the_scene() -> None:
    every_word = {c.name: c.plural for c in concepts().values()}
    for number in range(80):
        rng = np.random.default_rng([7, number])
        plan = plan_scene(rng, World())
        present = {thing.concept for thing in plan.things}
        for caption in captions(plan, rng):
            text = caption.lower().rstrip(".").replace(plan.context.phrase, "")
            # Longest names first, so that "palm tree" is not read as "tree".
            for name in sorted(every_word, key=len, reverse=True):
                words = every_word[name], name
                if any(f" {word} " in f" {text.replace(',', ' ')} " for word in words):
                    assert name in present, (caption, present)
                for word in words:
                    text = text.replace(word, "")
