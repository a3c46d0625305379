"""Proposals for both halves of the images, each by what the other half teaches."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from bench.proposals.candidates import SOFTMAX, Candidate, LabelingTask
from bench.proposals.protocols import Protocol, halves, known_states
from bench.proposals.ranking import Ranking
from bench.proposals.selection import (
    THETAS,
    Selection,
    best_selection,
    cross_validated,
    selection_of,
)
from bench.proposals.world import ProposalWorld

SELECTED = "selected"
"""The name for whichever candidate the labelled half likes best."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Accepted:
    """What one candidate proposes at the threshold of the other half, image by image."""

    right: np.ndarray
    proposed: np.ndarray
    positives: np.ndarray

    @property
    def totals(self) -> tuple[int, int, int]:
        """Right, proposed and to be found, of all images."""
        return int(self.right.sum()), int(self.proposed.sum()), int(self.positives.sum())


@dataclass(frozen=True, kw_only=True, slots=True)
class Ranked:
    """Rankings of the measured images under one draw of the halves."""

    rankings: dict[str, Ranking]
    accepted: Accepted | None
    chosen: tuple[str, ...]
    """What :data:`SELECTED` stood for, half by half."""


def rank(
    world: ProposalWorld,
    protocol: Protocol,
    found: Mapping[str, Candidate],
    *,
    seed: int,
    deciding: str | None,
) -> Ranked:
    """Rank the unknown cells by every candidate.

    Args:
        world: Images and their truth.
        protocol: What is known.
        found: Candidates; the softmax must be among them.
        seed: Of the halves.
        deciding: The candidate to decide by, or :data:`SELECTED`; None decides nothing,
            and is all that a protocol without labelled images allows.
    """
    shape, measured = world.truth.shape, world.measured
    names = [*found, SELECTED] if deciding == SELECTED else list(found)
    scores = {name: np.zeros(shape) for name in names}
    unknown, accepted = np.zeros((2, *shape), bool)
    chosen: list[str] = []
    pair = halves(len(world.truth), seed=seed)
    for labelled, other in (pair, pair[::-1]):
        states = known_states(world.truth, labelled, protocol, seed=seed)
        task = LabelingTask(world=world, fit_rows=labelled, rows=other, states=states)
        unknown[other] = task.known == 0
        for name, candidate in found.items():
            scores[name][other] = candidate(task)
        if deciding is not None:
            use = _selection(world, labelled, protocol, found, seed=seed, deciding=deciding)
            values = scores[use.name][other]
            accepted[other] = values >= use.threshold
            scores[deciding][other] = values
            chosen.append(use.name)
    rankings = {
        name: Ranking.of(values[measured], world.truth[measured], unknown[measured])
        for name, values in scores.items()
    }
    accepted &= unknown
    counts = [
        (each & unknown)[measured] for each in (accepted & world.truth, accepted, world.truth)
    ]
    right, proposed, positives = (each.sum(axis=1) for each in counts)
    return Ranked(
        rankings=rankings,
        accepted=Accepted(right=right, proposed=proposed, positives=positives)
        if deciding
        else None,
        chosen=tuple(chosen),
    )


def _selection(
    world: ProposalWorld,
    labelled: np.ndarray,
    protocol: Protocol,
    found: Mapping[str, Candidate],
    *,
    seed: int,
    deciding: str,
) -> Selection:
    if deciding == SOFTMAX:
        # As it is published; the next number, since thresholds are reached and θ exceeded.
        return Selection(SOFTMAX, float(np.nextafter(np.float32(THETAS[0]), np.float32(1))))
    rivals = found if deciding == SELECTED else {name: found[name] for name in (SOFTMAX, deciding)}
    folds = cross_validated(world, labelled, protocol, rivals, seed=seed)
    return best_selection(folds) if deciding == SELECTED else selection_of(deciding, folds)
