"""Images whose labels each show up in one of four regions; texts half know where."""

import numpy as np

from components.training.settings import Schedule
from components.training.task import Holdout, Names, Task

SCHEDULE = Schedule(epochs=5, batch_size=32, learning_rate=0.01, checkpoint_every=2)
LABELS, EMBED, REGIONS = 5, 16, 4


def unit(vectors):
    return (vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)).astype(np.float32)


def region_task(*, hidden=0.5, examples=200, seed=0):
    """Training images with some cells hidden, and a fully known hold-out."""
    random = np.random.default_rng(seed)
    directions = random.normal(size=(LABELS, EMBED))
    truth = random.random((examples, LABELS)) < 0.3
    regions = 0.6 * random.normal(size=(examples, REGIONS, EMBED)) + 2.0
    for image, label in np.argwhere(truth):
        regions[image, random.integers(REGIONS)] += directions[label]
    whole = regions.mean(axis=1) + 0.1 * random.normal(size=(examples, EMBED))
    vectors, regions = unit(whole), unit(regions)
    text = unit(directions + 1.2 * random.normal(size=directions.shape))
    states = np.where(truth, 1, -1).astype(np.int8)
    states[random.random(states.shape) < hidden] = 0
    half = examples // 2
    known = np.where(truth[half:], 1, -1).astype(np.int8)
    return Task(
        views=np.stack([vectors[:half]] * 2),
        states=states[:half],
        names=Names(vectors=text, temperature=0.1),
        holdout=Holdout.of(vectors[half:], known, regions[half:]),
        regions=(regions[:half],) * 2,
    )
