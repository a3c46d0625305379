"""The world that the encoder is trained on: wider than the demo's, and vaguer.

It shows several hundred other pictures too. Its captions are like those of the
web: they mention some of the things, call them by another name or by a wider
word, leave colours and counts out, and are sometimes about something else.
Pictures, patterns, filters and names that the tables keep from the encoder
never occur here.
"""

from dataclasses import replace

import numpy as np

from examples.cards.captions import counted, groups, joined
from examples.cards.concepts import Concept, concepts, others
from examples.cards.painting import paint
from examples.cards.scenes import (
    SCENE_PX,
    Scene,
    Thing,
    World,
    pick,
    plan_scene,
)
from examples.cards.sketches import sketch

WORLD = World(new_picture_share=0.0, new_style_share=0.0, flat_share=0.03)
POOL_SEED = 20_011
"""First word of every random seed here; the demo's scenes use ``--seed``, 7."""

KINDS = {"scene": 0.62, "single": 0.3, "sketch": 0.08}
OTHER_SHARE = 0.15
"""Share of things in a scene that are replaced by one of the other pictures."""
NAME_SHARES = {"often": 0.75, "seldom": 0.06, "never": 0.0}
KIND_SHARE = 0.12
WRONG_SHARE = 0.04

_PLAIN = ("{}", "a photo of {}", "a picture of {}", "{}, drawn", "an image with {}")
_SKETCHED = ("a sketch of {}", "{} drawn by hand", "a line drawing of {}", "{}")
_EMPTY = ("a nice picture", "my favourite card", "untitled", "something from yesterday")


def _word(rng: np.random.Generator, concept: Concept) -> str:
    """How one caption calls the concept."""
    if concept.kind and rng.random() < KIND_SHARE:
        return concept.kind
    use = NAME_SHARES[concept.name_use]
    if not concept.other_words:
        # Without a synonym a rarely named concept is known by its wider word.
        return concept.name if rng.random() < max(use, 0.06) or not concept.kind else concept.kind
    if rng.random() < use:
        return concept.name
    return concept.other_words[int(rng.integers(len(concept.other_words)))]


def _phrase(rng: np.random.Generator, name: str, colour: str | None, count: int) -> str:
    concept = concepts().get(name)
    word = _word(rng, concept) if concept else name
    plural = concept.plural if concept and word == concept.name else f"{word}s"
    shown = colour if rng.random() < 0.6 else None
    if count > 1 and rng.random() < 0.3:
        return f"{shown} {plural}" if shown else plural
    return counted(count, shown, word, plural)


def web_phrases(rng: np.random.Generator, scene: Scene) -> list[str]:
    """What one caption such as the web might carry mentions: one to three phrases."""
    present = groups(scene)
    # Large things are mentioned more often, few captions mention everything.
    keys = rng.exponential(size=len(present)) * (1 + 0.35 * np.arange(len(present)))
    mentioned = min(int(rng.choice([1, 2, 3], p=[0.45, 0.37, 0.18])), len(present))
    return [_phrase(rng, *present[i]) for i in np.argsort(keys)[:mentioned]]


def web_caption(
    rng: np.random.Generator, scene: Scene, phrases: list[str], *, sketched: bool = False
) -> str:
    """A caption that mentions ``phrases``; now and then it is about something else."""
    if not phrases or rng.random() < WRONG_SHARE:
        return _EMPTY[int(rng.integers(len(_EMPTY)))]
    text = joined(rng, phrases)
    if not sketched and rng.random() < 0.3:
        text = f"{text} {scene.context.phrase}"
    forms = _SKETCHED if sketched else _PLAIN
    return forms[int(rng.integers(len(forms)))].format(text)


def _other(rng: np.random.Generator, thing: Thing) -> Thing:
    code, word = others()[int(rng.integers(len(others())))]
    return replace(thing, concept=word, picture=code, colour=None)


def _plan(rng: np.random.Generator, kind: str) -> Scene:
    scene = plan_scene(rng, WORLD)
    things = tuple(_other(rng, t) if rng.random() < OTHER_SHARE else t for t in scene.things)
    if kind != "scene":
        # One thing alone; half of the time any concept, whatever the context.
        thing = things[int(rng.integers(len(things)))]
        size_px = float(rng.uniform(50, 135))
        low, high = size_px / 2, SCENE_PX - size_px / 2
        x, y = rng.uniform(low, high, size=2)
        if rng.random() < 0.5:
            thing = _other(rng, thing)
        things = (replace(thing, size_px=size_px, centre=(float(x), float(y))),)
    return replace(scene, things=things)


def draw_example(number: int, num_captions: int) -> tuple[np.ndarray, list[str], list[str]]:
    """Picture (height, width, 3), captions and the phrases they are made of."""
    rng = np.random.default_rng([POOL_SEED, number])
    kind = pick(rng, KINDS)
    scene = _plan(rng, kind)
    if kind == "sketch":
        grey = np.asarray(sketch(scene.things[0].picture, rng))
        scene = replace(scene, things=(replace(scene.things[0], colour=None),))
        pixels = np.repeat(grey[..., None], 3, axis=2)
    else:
        pixels, outlines = paint(scene)
        seen = tuple(t for t, o in zip(scene.things, outlines, strict=True) if o is not None)
        scene = replace(scene, things=seen)
    mentions = [web_phrases(rng, scene) for _ in range(num_captions)]
    texts = [web_caption(rng, scene, found, sketched=kind == "sketch") for found in mentions]
    return pixels, texts, list(dict.fromkeys(phrase for found in mentions for phrase in found))
