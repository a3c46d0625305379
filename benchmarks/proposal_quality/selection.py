"""Which candidate to use, found inside the labelled half alone."""

from dataclasses import dataclass

import numpy as np

from benchmarks.proposal_quality.candidates import Candidate, Task
from benchmarks.proposal_quality.curves import Ranking
from benchmarks.proposal_quality.protocols import Protocol, known_states
from benchmarks.proposal_quality.world import World

NUM_FOLDS = 5
THETAS = (0.3, 0.2)
PRECISIONS = np.linspace(0.75, 0.95, 9)
"""The recall at one precision is too noisy on so few images: the mean over these is used."""


@dataclass(frozen=True, slots=True)
class Selection:
    """The winner, and the threshold at which it is as precise as the softmax."""

    name: str
    threshold: float
    """Chosen on folds of the labelled half, at the softmax's precision at 0.3."""


def select(
    world: World,
    labelled: np.ndarray,
    protocol: Protocol,
    candidates: dict[str, Candidate],
    *,
    seed: int,
) -> Selection:
    """Cross-validate the candidates on the labelled half.

    Held-out folds are made to look like the images to come: nothing known, or one
    positive. The candidate with the highest recall wins, averaged over a range
    of precisions.
    """
    order = np.random.default_rng([seed, 2]).permutation(labelled)
    scores = {name: np.zeros(world.truth.shape) for name in candidates}
    unknown = np.zeros(world.truth.shape, bool)
    for fold in range(NUM_FOLDS):
        held_out = order[fold::NUM_FOLDS]
        taught = np.setdiff1d(labelled, held_out)
        states = known_states(world.truth, taught, protocol, seed=seed)
        task = Task(world=world, fit_rows=taught, rows=held_out, states=states)
        unknown[held_out] = task.known == 0
        for name, candidate in candidates.items():
            scores[name][held_out] = candidate(task)
    rows = labelled[world.measured[labelled]]
    rankings = {
        name: Ranking.of(values[rows], world.truth[rows], unknown[rows])
        for name, values in scores.items()
    }
    recall = {
        name: float(np.mean([ranking.recall_at(np.array([p])) for p in PRECISIONS]))
        for name, ranking in rankings.items()
    }
    best = max(recall, key=lambda name: recall[name])
    precision, _ = rankings["softmax"].at_threshold(THETAS[0])
    return Selection(best, rankings[best].threshold_for(float(precision[0])))
