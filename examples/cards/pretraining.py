"""The world that the encoder is trained on: wider than the demo's, and vaguer.

It shows several hundred other pictures too. Its captions are like those of the
web: they mention some of the things, call them by another name or by a wider
word, leave colours and counts out, and are sometimes about something else.
Pictures, patterns, filters and names that the tables keep from the encoder
never occur here.
"""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import UInt8

from examples.cards.captions import counted, groups, joined
from examples.cards.clutter import cluttered
from examples.cards.concepts import Concept, concepts, others
from examples.cards.hand_drawing import sheet_of
from examples.cards.painting import backdrop, paint_on
from examples.cards.scenes import SCENE_PX, Scene, Thing, World, make_thing, pick, plan_scene
from examples.cards.sketches import sketch
from examples.cards.training_words import COLOURS, word_shares, word_table

WORLD = World(new_picture_share=0.0, new_style_share=0.0, flat_share=0.03)
POOL_SEED = 20_011
"""First word of every random seed here; the demo's scenes use ``--seed``, 7."""

KINDS = {
    "scene": 0.42,
    "packed": 0.26,
    "single": 0.08,
    "drawing": 0.14,
    "drawings": 0.07,
    "sketch": 0.03,
}
"""What an example shows: a scene, many small things, one thing; one drawing or a sheet of
them (`hand_drawing.py`); a sketch made as the demo's are."""
OTHER_SHARE = 0.15
"""Share of things in a scene that are replaced by one of the other pictures."""
CLUTTERED_SHARE = 0.5
MOST_THINGS = 12
SEEN_PX = 60
"""A thing of which fewer pixels are seen is not mentioned."""
WRONG_SHARE = 0.04

_PLAIN = ("{}", "a photo of {}", "a picture of {}", "{}, drawn", "an image with {}")
_SKETCHED = ("a sketch of {}", "{} drawn by hand", "a line drawing of {}", "{}")
_EMPTY = ("a nice picture", "my favourite card", "untitled", "something from yesterday")


def _word(rng: np.random.Generator, concept: Concept) -> str:
    """How one caption calls the concept."""
    return pick(rng, word_shares(concept))


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
    if not present:
        return []
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


def _any_thing(rng: np.random.Generator, size_px: float, other_share: float) -> Thing:
    """A thing of any concept, whatever the context, or one of the other pictures."""
    name = list(concepts())[int(rng.integers(len(concepts())))]
    thing = make_thing(rng, name, WORLD, size_px)
    return _other(rng, thing) if rng.random() < other_share else thing


def _alone(rng: np.random.Generator, other_share: float) -> tuple[Thing, ...]:
    thing = _any_thing(rng, float(rng.uniform(50, 150)), other_share)
    low, high = thing.size_px / 2, SCENE_PX - thing.size_px / 2
    x, y = rng.uniform(low, high, size=2) if low < high else (SCENE_PX / 2, SCENE_PX / 2)
    return (replace(thing, centre=(float(x), float(y))),)


def _packed(
    rng: np.random.Generator, grids: tuple[tuple[int, int], ...], other_share: float
) -> tuple[Thing, ...]:
    """Many things in rows and columns, a little out of line: much to learn from one picture."""
    rows, columns = grids[int(rng.integers(len(grids)))]
    cell = SCENE_PX / max(rows, columns)
    things = []
    for row in range(rows):
        for column in range(columns):
            thing = _any_thing(rng, cell * float(rng.uniform(0.75, 1.2)), other_share)
            x = (column + 0.5) * SCENE_PX / columns + float(rng.normal(0, 0.08 * cell))
            y = (row + 0.5) * SCENE_PX / rows + float(rng.normal(0, 0.08 * cell))
            things.append(replace(thing, centre=(x, y)))
    return tuple(things)


def plan_example(rng: np.random.Generator, kind: str) -> Scene:
    """What an example of that kind shows."""
    scene = plan_scene(rng, WORLD)
    match kind:
        case "scene":
            things = [_other(rng, t) if rng.random() < OTHER_SHARE else t for t in scene.things]
            return replace(scene, things=tuple(things))
        case "packed":
            return replace(scene, things=_packed(rng, ((2, 3), (3, 3), (3, 4)), 0.25))
        case "drawings":
            return replace(scene, things=_packed(rng, ((2, 2), (2, 3)), 0.15))
        case "single":
            return replace(scene, things=_alone(rng, 0.4))
        case _:
            return replace(scene, things=_alone(rng, 0.2))


def _painted(rng: np.random.Generator, scene: Scene, kind: str) -> tuple[np.ndarray, np.ndarray]:
    """Pixels, and the number of the thing seen at each."""
    if kind in ("drawing", "drawings"):
        return sheet_of(rng, [(t.picture, t.size_px, t.centre) for t in scene.things])
    if kind == "sketch":
        grey = np.asarray(sketch(scene.things[0].picture, rng))
        return np.repeat(grey[..., None], 3, axis=2), np.ones(grey.shape, np.uint8)
    ground = backdrop(scene)
    if rng.random() < CLUTTERED_SHARE:
        ground = cluttered(rng, ground)
    return paint_on(ground, scene)


@dataclass(frozen=True, slots=True)
class Example:
    """One training picture and all that is said of it."""

    pixels: UInt8[np.ndarray, "height width 3"]
    owners: UInt8[np.ndarray, "height width"]
    """Which thing is seen where, counted from 1; 0 is the ground."""
    subjects: tuple[int, ...]
    """Row of each thing in the word table; -1 for one that is hidden."""
    colours: tuple[int, ...]
    """Place of each thing's colour in ``COLOURS``, -1 without one."""
    captions: tuple[str, ...]


def draw_example(number: int, num_captions: int) -> Example:
    """Example ``number``: it depends on that number alone."""
    rng = np.random.default_rng([POOL_SEED, number])
    kind = pick(rng, KINDS)
    scene = plan_example(rng, kind)
    drawn = kind in ("drawing", "drawings", "sketch")
    if drawn:
        scene = replace(scene, things=tuple(replace(t, colour=None) for t in scene.things))
    pixels, owners = _painted(rng, scene, kind)
    areas = np.bincount(owners.ravel(), minlength=len(scene.things) + 1)[1:]
    rows = {name: row for row, name in enumerate(word_table().subjects)}
    seen = [area >= SEEN_PX for area in areas]
    shown = replace(scene, things=tuple(t for t, s in zip(scene.things, seen, strict=True) if s))
    mentions = [web_phrases(rng, shown) for _ in range(num_captions)]
    return Example(
        pixels=pixels,
        owners=owners,
        subjects=tuple(
            rows[t.concept] if s else -1 for t, s in zip(scene.things, seen, strict=True)
        ),
        colours=tuple(COLOURS.index(t.colour) if t.colour in COLOURS else -1 for t in scene.things),
        captions=tuple(web_caption(rng, shown, found, sketched=drawn) for found in mentions),
    )
