"""Sentences about scenes, with counts and colours."""

from collections import Counter

import numpy as np

from examples.cards.concepts import concepts
from examples.cards.scenes import Scene

NUMBERS = {2: "two", 3: "three", 4: "four", 5: "five", 6: "six"}
JOINTS = ("beside", "next to", "near", "and")


def article(words: str) -> str:
    """The words with "a" or "an" before them."""
    return f"{'an' if words[0] in 'aeiou' else 'a'} {words}"


def counted(count: int, colour: str | None, singular: str, plural: str) -> str:
    """A noun phrase such as "two red cars" or "an orange kite"."""
    before = f"{colour} " if colour else ""
    if count == 1:
        return article(before + singular)
    return f"{NUMBERS.get(count, 'many')} {before}{plural}"


def groups(scene: Scene) -> list[tuple[str, str | None, int]]:
    """(concept, colour, count) of the things that look alike, largest first."""
    counts = Counter((thing.concept, thing.colour) for thing in scene.things)
    sizes = {(t.concept, t.colour): t.size_px for t in scene.things}
    ordered = sorted(counts, key=lambda key: (-sizes[key], key[0], key[1] or ""))
    return [(name, colour, counts[name, colour]) for name, colour in ordered]


def joined(rng: np.random.Generator, phrases: list[str]) -> str:
    """The phrases as one, such as "a cat beside two dogs and a tree"."""
    if len(phrases) == 1:
        return phrases[0]
    rest = phrases[1:]
    joint = JOINTS[int(rng.integers(4 if len(rest) == 1 else 3))]
    listed = rest[0] if len(rest) == 1 else f"{', '.join(rest[:-1])} and {rest[-1]}"
    return f"{phrases[0]} {joint} {listed}"


def captions(scene: Scene, rng: np.random.Generator) -> list[str]:
    """Two true sentences: one about all things, one about the largest few."""
    phrases = [
        counted(count, colour, name, concepts()[name].plural)
        for name, colour, count in groups(scene)
    ]
    whole = f"{joined(rng, phrases)} {scene.context.phrase}"
    part = joined(rng, phrases[: int(rng.integers(1, 3))])
    return [sentence[0].upper() + sentence[1:] + "." for sentence in (whole, part)]
