"""Whether co-occurrence of labels helps, and whether it is the co-occurrence that helps."""

from dataclasses import replace

import numpy as np
from scipy.special import expit, logit

from bench.proposals.candidates import DEFAULT_FEATURES, LabelingTask, evidence
from bench.proposals.protocols import halves, known_states
from bench.proposals.world import ProposalWorld
from components.labelers.cooccurrence import LabelStatistics
from components.labelers.evidence import EvidenceLabeler
from components.metrics.bootstrap import (
    draw_images,
    drawn_average_precision,
    drawn_mean_average_precision,
)

NUM_DRAWS = 200
WITH_CONTEXT = EvidenceLabeler(features=(*DEFAULT_FEATURES, "context"))


def context_gains(world: ProposalWorld, *, repeats: int) -> dict[str, np.ndarray]:
    """Gain in mAP by contexts, real and shuffled, on all images.

    Shuffled means that what one label does to another is done to another pair
    instead; how often each label occurs stays.

    Returns:
        For each, the gain on the images as they are, then in every draw.
    """
    shuffled_world = replace(world, statistics=_shuffled(world.statistics))
    variants = {
        "none": (world, EvidenceLabeler()),
        "real": (world, WITH_CONTEXT),
        "shuffled": (shuffled_world, WITH_CONTEXT),
    }
    values: dict[str, list[np.ndarray]] = {name: [] for name in variants}
    for seed in range(repeats):
        for name, (given, labeler) in variants.items():
            values[name].append(_drawn_map(given, labeler, seed))
    mean = {name: np.mean(of_repeats, axis=0) for name, of_repeats in values.items()}
    return {name: mean[name] - mean["none"] for name in ("real", "shuffled")}


def _drawn_map(world: ProposalWorld, labeler: EvidenceLabeler, seed: int) -> np.ndarray:
    scores = np.zeros(world.truth.shape)
    pair = halves(len(world.truth), seed=seed)
    for labelled, other in (pair, pair[::-1]):
        states = known_states(world.truth, labelled, "labelled_half", seed=seed)
        task = LabelingTask(world=world, fit_rows=labelled, rows=other, states=states)
        scores[other] = evidence(task, labeler)
    drawn = draw_images(len(scores), NUM_DRAWS, seed=11)
    weights = np.concatenate([np.ones((1, len(scores)), np.float32), drawn])
    known = np.ones_like(world.truth)
    return drawn_mean_average_precision(
        drawn_average_precision(scores, world.truth, known, weights)
    )


def _shuffled(statistics: LabelStatistics) -> LabelStatistics:
    """Counts in which every move of log-odds belongs to another pair of labels."""
    num_labels = len(statistics.positives)
    order = np.random.default_rng(0).permutation(num_labels)
    moved = statistics.log_odds_given(range(num_labels), strength=WITH_CONTEXT.context_strength)
    chance = expit(logit(statistics.share) + moved[np.ix_(order, order)])
    return replace(statistics, together=(statistics.exposure * chance).astype(np.float32))
