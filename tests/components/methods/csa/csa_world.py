"""Images for tests of CSA: regions that show a label each, two labels of one half an image."""

import numpy as np
import torch

from components.methods.csa.recipe import CSA
from components.models.images import images_of
from components.training.data import Holdout, Names, Schedule, TrainingSet
from components.training.inference import head_logits
from components.training.learner import Batch, Start

IMAGES, LABELS, REGIONS, EMBED = 60, 8, 4, 12
SCHEDULE = Schedule(epochs=3, batch_size=20, learning_rate=0.01, checkpoint_every=1)


def unit(vectors):
    vectors = vectors.astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


def world(num_labels=LABELS, images=IMAGES, labelled=30, seed=0):
    """Regions that show a label each; two labels of one half an image."""
    random = np.random.default_rng(seed)
    names = unit(random.normal(size=(num_labels, EMBED)))
    truth = np.full((images, num_labels), -1, np.int8)
    regions = random.normal(size=(images, REGIONS, EMBED)) * 0.15
    for row in range(images):
        half = np.arange(num_labels)[row % 2 :: 2] if num_labels > 1 else np.array([0])
        for place, label in enumerate(random.permutation(half)[:2]):
            truth[row, label] = 1
            regions[row, place] += names[label]
    regions = unit(regions)
    states = truth.copy()
    states[labelled:] = 0
    data = TrainingSet(
        views=unit(regions.mean(axis=1))[None],
        states=states,
        proposals=np.zeros_like(states),
        regions=(regions,),
    )
    return data, truth, Names(vectors=names, temperature=0.1)


def holdout(data, truth):
    return Holdout(
        vectors=data.views[0],
        truth=truth == 1,
        known=np.ones(truth.shape, bool),
        regions=data.regions[0],
    )


def batch_of(data, epoch, rows=None):
    rows = np.arange(len(data.states)) if rows is None else rows
    return Batch(
        images_of(data.views[0][rows], data.regions[0][rows]),
        torch.from_numpy(data.states[rows]),
        torch.from_numpy(data.proposals[rows]),
        torch.ones(len(rows), data.states.shape[1]),
        torch.from_numpy(rows),
        epoch,
    )


def learner_of(recipe, data, names, seed=0):
    torch.manual_seed(seed)
    return recipe.build(Start(data, names))


def started(recipe, data, names):
    """A learner whose thresholds and trust have been measured."""
    learner = learner_of(recipe, data, names)
    learner.start_epoch(
        recipe.warm_up_epochs, lambda head: head_logits(head, data.views[0], data.regions[0])
    )
    return learner


PLAIN = CSA(
    noise=0.0, region_dropout=0.0, context_weight=0.0, weighting="uniform", warm_up_epochs=0
)
