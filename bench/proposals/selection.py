"""Which candidate to use and at which threshold, found inside the labelled half alone."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from bench.proposals.candidates import SOFTMAX, Candidate, LabelingTask
from bench.proposals.protocols import Protocol, known_states
from bench.proposals.ranking import Ranking
from bench.proposals.world import ProposalWorld

NUM_FOLDS = 5
THETAS = (0.3, 0.2)
PRECISIONS = np.linspace(0.75, 0.95, 9)
"""The recall at one precision is too noisy on so few images: the mean over these is used."""


@dataclass(frozen=True, slots=True)
class Selection:
    """A candidate, and the threshold at which it is as precise as the softmax."""

    name: str
    threshold: float
    """Chosen on folds of the labelled half, at the softmax's precision at 0.3."""


def cross_validated(
    world: ProposalWorld,
    labelled: np.ndarray,
    protocol: Protocol,
    candidates: Mapping[str, Candidate],
    *,
    seed: int,
) -> dict[str, Ranking]:
    """Rankings of the labelled images, each by what the other folds teach.

    Held-out folds are made to look like the images to come: nothing known, or one
    positive.
    """
    order = np.random.default_rng([seed, 2]).permutation(labelled)
    scores = {name: np.zeros(world.truth.shape) for name in candidates}
    unknown = np.zeros(world.truth.shape, bool)
    for fold in range(NUM_FOLDS):
        held_out = order[fold::NUM_FOLDS]
        taught = np.setdiff1d(labelled, held_out)
        states = known_states(world.truth, taught, protocol, seed=seed)
        task = LabelingTask(world=world, fit_rows=taught, rows=held_out, states=states)
        unknown[held_out] = task.known == 0
        for name, candidate in candidates.items():
            scores[name][held_out] = candidate(task)
    rows = labelled[world.measured[labelled]]
    return {
        name: Ranking.of(values[rows], world.truth[rows], unknown[rows])
        for name, values in scores.items()
    }


def best_selection(rankings: Mapping[str, Ranking]) -> Selection:
    """The candidate of the highest recall, averaged over a range of precisions."""
    recall = {
        name: float(np.mean([ranking.recall_at(np.array([p])) for p in PRECISIONS]))
        for name, ranking in rankings.items()
    }
    return selection_of(max(recall, key=lambda name: recall[name]), rankings)


def selection_of(name: str, rankings: Mapping[str, Ranking]) -> Selection:
    """One candidate with its threshold; ``rankings`` must have the softmax too."""
    precision, _ = rankings[SOFTMAX].at_threshold(THETAS[0])
    return Selection(name, rankings[name].threshold_for(float(precision[0])))
