"""What is in a scene and where, decided from a seed; nothing is painted here."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from examples.cards.concepts import Concept, Context, concepts, contexts
from examples.cards.pictures import TINTS, own_colour

SCENE_PX = 160
NUM_THINGS = {1: 0.08, 2: 0.17, 3: 0.25, 4: 0.25, 5: 0.15, 6: 0.10}
VISITOR_RATE = 0.12
"""Share of things that come from anywhere, not from the context."""
LARGEST_OVERLAP = 0.22
"""Share of the smaller of two boxes that the other may cover."""

# Names of (pattern, filter, look) with their shares.
KNOWN_PATTERNS = {"plain": 0.25, "gradient": 0.3, "grain": 0.25, "stripes": 0.1, "dots": 0.1}
NEW_PATTERNS = {"checks": 0.35, "waves": 0.35, "tiles": 0.3}
KNOWN_FILTERS = {"none": 0.7, "warm": 0.15, "cool": 0.15}
NEW_FILTERS = {"night": 0.35, "faded": 0.35, "sepia": 0.3}


WITH_WRITING = frozenset({"1F6D1", "1F4D5", "1F4D8", "1F4D3", "1F68F"})
"""Pictures that show letters, so they are never mirrored."""


@dataclass(frozen=True, kw_only=True, slots=True)
class World:
    """Which pictures and styles scenes may use."""

    new_picture_share: float = 0.5
    """Chance of a picture unknown to the encoder, where a concept has one."""
    new_style_share: float = 0.3
    """Chance, each, of an unknown background pattern and of an unknown filter."""
    flat_share: float = 0.1
    """Chance that a thing is drawn without outlines."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Thing:
    """One object of a scene."""

    concept: str
    picture: str
    colour: str | None
    """Named colour, if the thing is recoloured."""
    outlined: bool
    mirrored: bool
    angle_deg: float
    size_px: float
    """Longer side before rotation."""
    centre: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Scene:
    """Everything needed to paint a picture and to describe it."""

    context: Context
    colour: str
    pattern: str
    filter: str
    texture_seed: int
    things: tuple[Thing, ...] = field(default=())


def pick(rng: np.random.Generator, shares: Mapping[str, float]) -> str:
    """One key, drawn in proportion to its share."""
    names = list(shares)
    weights = np.array([shares[name] for name in names])
    return names[int(rng.choice(len(names), p=weights / weights.sum()))]


def _style(rng: np.random.Generator, world: World) -> tuple[str, str]:
    patterns = NEW_PATTERNS if rng.random() < world.new_style_share else KNOWN_PATTERNS
    filters = NEW_FILTERS if rng.random() < world.new_style_share else KNOWN_FILTERS
    return pick(rng, patterns), pick(rng, filters)


def _picture(rng: np.random.Generator, concept: Concept, world: World) -> str:
    use_new = concept.new_pictures and rng.random() < world.new_picture_share
    codes = concept.new_pictures if use_new else concept.known_pictures
    return codes[int(rng.integers(len(codes)))]


def _colour(rng: np.random.Generator, concept: Concept, picture: str) -> str | None:
    if not concept.tinted or picture in concept.untinted:
        return None
    if rng.random() < 0.3 and own_colour(picture) in TINTS:
        return own_colour(picture)
    return list(TINTS)[int(rng.integers(len(TINTS)))]


def make_thing(rng: np.random.Generator, name: str, world: World, size_px: float) -> Thing:
    """A thing of the named concept, not yet placed."""
    concept = concepts()[name]
    picture = _picture(rng, concept, world)
    return Thing(
        concept=name,
        picture=picture,
        colour=_colour(rng, concept, picture),
        outlined=bool(rng.random() >= world.flat_share),
        mirrored=bool(rng.random() < 0.5) and picture not in WITH_WRITING,
        angle_deg=float(np.clip(rng.normal(0, 10), -30, 30)),
        size_px=size_px,
    )


def _names(rng: np.random.Generator, context: Context, count: int) -> list[str]:
    """Names with repetition; usual things of the context come more often."""
    usual = {name: 1 / (1 + 0.15 * rank) for rank, name in enumerate(context.concepts)}
    anything = dict.fromkeys(concepts(), 1.0)
    names: list[str] = []
    while len(names) < count:
        name = pick(rng, anything if rng.random() < VISITOR_RATE else usual)
        if name in names:
            continue
        repeats = int(rng.choice([1, 2, 3], p=[0.82, 0.13, 0.05]))
        names += [name] * min(repeats, count - len(names))
    return names


def _overlap(first: Thing, second: Thing) -> float:
    """Shared area of two square boxes over the smaller one's area."""
    sides = (first.size_px, second.size_px)
    shared = 1.0
    for axis in (0, 1):
        gap = abs(first.centre[axis] - second.centre[axis])
        shared *= max(0.0, min(sum(sides) / 2 - gap, *sides))
    return shared / min(sides) ** 2


def place(rng: np.random.Generator, things: list[Thing]) -> tuple[Thing, ...]:
    """Put things where they hide little of each other, shrinking them if they must."""
    placed: list[Thing] = []
    for thing in things:
        candidate = thing
        for attempt in range(60):
            size = thing.size_px * 0.97**attempt
            low = size / 2 + 2
            centre = tuple(float(x) for x in rng.uniform(low, SCENE_PX - low, size=2))
            candidate = _moved(thing, size, (centre[0], centre[1]))
            if all(_overlap(candidate, other) <= LARGEST_OVERLAP for other in placed):
                break
        placed.append(candidate)
    # What stands lower is nearer, so it is painted later.
    return tuple(sorted(placed, key=lambda t: t.centre[1] + t.size_px / 2))


def _moved(thing: Thing, size_px: float, centre: tuple[float, float]) -> Thing:
    return replace(thing, size_px=size_px, centre=centre)


def plan_scene(rng: np.random.Generator, world: World) -> Scene:
    """A scene of one context with one to six things."""
    context = contexts()[int(rng.integers(len(contexts())))]
    count = int(pick(rng, {str(n): share for n, share in NUM_THINGS.items()}))
    names = _names(rng, context, count)
    base_px = {1: 88, 2: 72, 3: 62, 4: 56, 5: 50, 6: 46}[count]
    things: list[Thing] = []
    for index, name in enumerate(names):
        thing = make_thing(rng, name, world, base_px * float(rng.uniform(0.75, 1.2)))
        if index and names[index - 1] == name and rng.random() < 0.7:
            thing = _alike(thing, things[-1])
        things.append(thing)
    pattern, filter_ = _style(rng, world)
    return Scene(
        context=context,
        colour=context.colours[int(rng.integers(len(context.colours)))],
        pattern=pattern,
        filter=filter_,
        texture_seed=int(rng.integers(2**31)),
        things=place(rng, things),
    )


def _alike(thing: Thing, model: Thing) -> Thing:
    return replace(model, size_px=thing.size_px, angle_deg=thing.angle_deg, mirrored=model.mirrored)
