"""Proposals from regions in place of crops."""

import numpy as np
from jaxtyping import Float32

from components.labelers.proposals import Proposals
from components.methods.gpr.multi_crop import MultiCrop
from components.models.images import rows_at_once
from tuning.task import Task


def propose_from_regions(
    labeler: MultiCrop, task: Task, logits: Float32[np.ndarray, "examples labels"]
) -> Proposals:
    """What the labeler proposes for the training images, some rows at a time.

    Region vectors of the original view stand for crops, which would each have to go
    through the encoder.

    Args:
        labeler: Also says what is wrong where there are no regions.
        task: Its images, regions and known cells.
        logits: Cosine ÷ temperature of the whole images.
    """
    num_images, num_labels = logits.shape
    num_regions = task.regions[0].shape[1] if task.regions else 0
    step = rows_at_once(num_regions, num_labels)
    states = np.zeros((num_images, num_labels), np.int8)
    scores = np.zeros((num_images, num_labels), np.float32)
    for start in range(0, num_images, step):
        rows = np.arange(start, min(start + step, num_images))
        found = labeler.propose(logits[rows], _region_logits(task, rows), task.states[rows])
        states[rows], scores[rows] = found.states, found.scores
    return Proposals(states, scores)


def _region_logits(task: Task, rows: np.ndarray) -> Float32[np.ndarray, "rows regions labels"]:
    names = task.names.vectors
    if not task.regions:
        return np.zeros((len(rows), 0, len(names)), np.float32)
    vectors = np.asarray(task.regions[0][rows], np.float32)
    return vectors @ names.T / np.float32(task.names.temperature)
