"""Vectors whose labels the names only half know, for tests of the loop and of linear heads."""

import numpy as np

from components.training.task import Holdout, Names, Task


def world(seed=0, *, examples=240, labels=6, embed=16):
    """Vectors in a cone, with label directions that the text vectors only half know."""
    random = np.random.default_rng(seed)
    directions = random.normal(size=(labels, embed))
    truth = random.random((examples, labels)) < 0.3
    vectors = truth @ directions + 0.8 * random.normal(size=(examples, embed)) + 3.0
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    text = directions + 1.5 * random.normal(size=directions.shape)
    text /= np.linalg.norm(text, axis=1, keepdims=True)
    return vectors.astype(np.float32), truth, text.astype(np.float32)


def task_of_vectors(seed=0):
    vectors, truth, text = world(seed)
    states = np.where(truth, 1, -1).astype(np.int8)
    half = len(vectors) // 2
    views = np.stack([vectors[:half], vectors[:half]])
    return Task(
        views=views,
        states=states[:half],
        names=Names(vectors=text, temperature=0.1),
        holdout=Holdout.of(vectors[half:], states[half:]),
    )
