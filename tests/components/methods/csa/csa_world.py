"""Images for tests of CSA: regions that show a label each, two labels of one half an image."""

import numpy as np
import torch

from components.methods.catalog import METHODS
from components.methods.csa.recipe import CSALearner
from components.methods.csa.settings import CSASettings
from components.models.images import images_of
from components.training.inference import head_logits
from components.training.learner import Batch
from components.training.loop import fit
from components.training.settings import Schedule
from components.training.task import Holdout, Names, Task

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
    task = Task(
        views=unit(regions.mean(axis=1))[None],
        states=states,
        names=Names(vectors=names, temperature=0.1),
        holdout=Holdout.of(unit(regions.mean(axis=1)), truth, regions),
        regions=(regions,),
    )
    return task, truth


def batch_of(task, epoch, rows=None):
    rows = np.arange(len(task.states)) if rows is None else rows
    return Batch(
        images_of(task.views[0][rows], task.regions[0][rows]),
        torch.from_numpy(task.states[rows]),
        torch.from_numpy(rows),
        epoch,
        SCHEDULE.epochs,
    )


def learner_of(settings, task, seed=0) -> CSALearner:
    torch.manual_seed(seed)
    learner = METHODS["csa"].recipe(settings).build(task)
    assert isinstance(learner, CSALearner)
    return learner


def fitted(settings, task, schedule, **more):
    return fit(METHODS["csa"].recipe(settings), task, schedule, **more)


def started(settings, task):
    """A learner whose thresholds and trust have been measured."""
    learner = learner_of(settings, task)
    learner.start_epoch(
        settings.warm_up_epochs, lambda head: head_logits(head, task.views[0], task.regions[0])
    )
    return learner


PLAIN = CSASettings(
    noise=0.0, region_dropout=0.0, context_weight=0.0, weighting="uniform", warm_up_epochs=0
)
