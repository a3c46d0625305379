"""Images that are noisy sums of their labels' names, for tests of labelers."""

import numpy as np

NUM_LABELS = 6


def unit(vectors):
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def world(num_images=60, num_labels=NUM_LABELS, seed=0, embed=16):
    """Images that are noisy sums of their labels' names, all pushed one way."""
    rng = np.random.default_rng(seed)
    names = unit(rng.normal(size=(num_labels, embed)))
    truth = rng.random((num_images, num_labels)) < 0.35
    truth[np.arange(num_images), rng.integers(num_labels, size=num_images)] = True
    pushed = truth @ names + 0.4 * rng.normal(size=(num_images, embed)) + 2.0
    return unit(pushed), names, truth


def states_of_truth(truth):
    return np.where(truth, 1, -1).astype(np.int8)
