"""Whether the weight of a proposal says how often such proposals are right."""

import numpy as np

from bench.proposals.candidates import LabelingTask, softmax_scores
from bench.proposals.protocols import halves, known_states
from bench.proposals.world import ProposalWorld
from components.labelers.calibrated_weight import CalibratedWeight
from components.labelers.proposals import proposals_for_unknown
from components.labels.states import PRESENT, UNKNOWN

THETA = 0.1
"""Softmax proposals above this are weighed: enough of them, sure and unsure."""


def weight_errors(world: ProposalWorld, *, repeats: int) -> dict[str, np.ndarray]:
    """Brier score of three weights over softmax proposals, one value a repeat.

    ``calibrated`` is fitted to the labelled half; ``confidence`` is the score
    itself; ``uniform`` is 1 for every proposal. 0 is best.
    """
    errors: dict[str, list[float]] = {"uniform": [], "confidence": [], "calibrated": []}
    for seed in range(repeats):
        pair = halves(len(world.truth), seed=seed)
        rows = [_of_half(world, a, b, seed) for a, b in (pair, pair[::-1])]
        truth = np.concatenate([row[0] for row in rows])
        for position, name in enumerate(errors, start=1):
            weights = np.concatenate([row[position] for row in rows])
            errors[name].append(float(np.mean((weights - truth) ** 2)))
    return {name: np.array(values) for name, values in errors.items()}


def _of_half(
    world: ProposalWorld, labelled: np.ndarray, other: np.ndarray, seed: int
) -> tuple[np.ndarray, ...]:
    states = known_states(world.truth, labelled, "labelled_half", seed=seed)
    scores = softmax_scores(
        LabelingTask(world=world, fit_rows=labelled, rows=labelled, states=states)
    )
    known = states[labelled]
    fitted = CalibratedWeight.fit(scores, known == PRESENT, known != UNKNOWN)
    measured = other[world.measured[other]]
    task = LabelingTask(world=world, fit_rows=labelled, rows=measured, states=states)
    found = softmax_scores(task)
    proposals = proposals_for_unknown(task.known, found > THETA, np.zeros(found.shape, bool), found)
    proposed = proposals.states != 0
    raw = found[proposed]
    return (
        world.truth[measured][proposed],
        np.ones_like(raw),
        raw,
        fitted.weights(proposals)[proposed],
    )
