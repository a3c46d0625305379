"""A small world in which regions show things that have a colour.

Text vectors know things and colours only in part, so that there is something to
learn from tags; a caption's vector is the mean of its words' vectors, so that it
says less about each of them than a tag does.
"""

from dataclasses import dataclass

import numpy as np

from components.captions.captioned_images import CaptionedImages, captioned_images
from components.training.task import Holdout, Names, Task

GRID = (3, 3)
NUM_THINGS, NUM_COLOURS, EMBED = 6, 5, 24


@dataclass(frozen=True)
class World:
    regions: np.ndarray
    captions: np.ndarray
    things: np.ndarray
    colours: np.ndarray
    thing_texts: np.ndarray
    colour_texts: np.ndarray


def unit(values: np.ndarray) -> np.ndarray:
    return (values / np.linalg.norm(values, axis=-1, keepdims=True)).astype(np.float32)


def directions(seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    shown = unit(rng.normal(size=(NUM_THINGS + NUM_COLOURS, EMBED)))
    wrong = unit(rng.normal(size=shown.shape))
    return shown, unit(0.6 * shown + 0.8 * wrong)


def world(num_images: int, *, seed: int, world_seed: int = 0) -> World:
    shown, texts = directions(world_seed)
    rng = np.random.default_rng((seed, 1))
    cells = GRID[0] * GRID[1]
    common = np.full(EMBED, 0.15)
    regions = common + 0.12 * rng.normal(size=(num_images, cells, EMBED))
    things = np.zeros((num_images, NUM_THINGS), bool)
    colours = np.zeros((num_images, NUM_COLOURS), bool)
    captions = np.empty((num_images, EMBED))
    for image in range(num_images):
        words: list[np.ndarray] = []
        count = rng.integers(1, 4)
        for cell in rng.choice(cells, size=count, replace=False):
            thing, colour = rng.integers(NUM_THINGS), rng.integers(NUM_COLOURS)
            regions[image, cell] += shown[thing] + 0.7 * shown[NUM_THINGS + colour]
            things[image, thing] = colours[image, colour] = True
            words += [texts[thing], texts[NUM_THINGS + colour]]
        captions[image] = np.mean(words, axis=0) + 0.2 * rng.normal(size=EMBED)
    return World(
        unit(regions), unit(captions), things, colours, texts[:NUM_THINGS], texts[NUM_THINGS:]
    )


def captioned(data: World) -> CaptionedImages:
    """What captions say of the pictures, as TagAlign reads it."""
    return captioned_images(
        len(data.regions),
        (np.arange(len(data.regions)), data.captions),
        (data.things, data.thing_texts),
        (data.colours, data.colour_texts),
    )


def task_of(data: World, val: World) -> Task:
    """Pictures whose captions say which things are there, before a hold-out known in full."""
    known = np.where(val.things, 1, -1).astype(np.int8)
    return Task(
        views=data.regions.mean(axis=1)[None],
        states=data.things.astype(np.int8),
        names=Names(vectors=data.thing_texts, temperature=0.05),
        holdout=Holdout.of(val.regions.mean(axis=1), known, val.regions),
        regions=(data.regions,),
        grid=GRID,
        captions=captioned(data),
    )
