"""Measures every candidate under a protocol, over repeated halves and drawn images."""

from collections import Counter
from dataclasses import dataclass, field
from functools import cache

import numpy as np
from rich.console import Console
from rich.progress import track

from benchmarks.proposal_quality.candidates import Candidate, Task, candidates
from benchmarks.proposal_quality.curves import Ranking
from benchmarks.proposal_quality.protocols import Protocol, halves, known_states
from benchmarks.proposal_quality.selection import Selection, select
from benchmarks.proposal_quality.world import World
from components.metrics.bootstrap import draw_images

SELECTED = "selected"
NUM_DRAWS = 1000


@dataclass(frozen=True, kw_only=True, slots=True)
class Sample:
    """A figure's value and the same figure in every draw."""

    value: float
    draws: np.ndarray

    def __sub__(self, other: "Sample") -> "Sample":
        return Sample(value=self.value - other.value, draws=self.draws - other.draws)


@dataclass(kw_only=True, slots=True)
class Measured:
    """All rankings under a protocol, one a repeat, and what follows from them."""

    protocol: Protocol
    rankings: dict[str, list[Ranking]] = field(default_factory=dict)
    chosen: Counter[str] = field(default_factory=Counter)
    at_transferred: list[tuple[int, int, int]] = field(default_factory=list)
    """Right, proposed and to be found, of each repeat, at thresholds from the other half."""
    references: dict[float, list[tuple[np.ndarray, np.ndarray]]] = field(default_factory=dict)
    """The softmax's precision and recall in every draw, by threshold."""

    def softmax_at(self, theta: float) -> tuple[Sample, Sample]:
        """Precision and recall of VLPL's rule."""
        pairs = self._softmax_pairs(theta)
        return self._sample([p for p, _ in pairs]), self._sample([r for _, r in pairs])

    def recall(self, name: str, theta: float) -> Sample:
        """Recall at the softmax's precision at ``theta``, in the same draw."""
        pairs = self._softmax_pairs(theta)
        return self._sample(
            [
                ranking.recall_at(precision, _weights(len(ranking.positives)))
                for ranking, (precision, _) in zip(self.rankings[name], pairs, strict=True)
            ]
        )

    def _softmax_pairs(self, theta: float) -> list[tuple[np.ndarray, np.ndarray]]:
        if theta not in self.references:
            self.references[theta] = [
                ranking.at_threshold(theta, _weights(len(ranking.positives)))
                for ranking in self.rankings["softmax"]
            ]
        return self.references[theta]

    def _sample(self, values: list[np.ndarray]) -> Sample:
        """Mean over repeats; each draw takes its own images and its own repeats."""
        table = np.array(values)
        num_repeats, num_draws = table.shape
        rng = np.random.default_rng(7)
        repeats = rng.integers(num_repeats, size=(num_repeats, num_draws - 1))
        draws = np.take_along_axis(table[:, 1:], repeats, axis=0).mean(axis=0)
        return Sample(value=float(table[:, 0].mean()), draws=draws)


def measure(world: World, protocol: Protocol, *, repeats: int) -> Measured:
    """Score both halves of every repeat, each by what the other teaches."""
    result = Measured(protocol=protocol)
    found = candidates(observed=protocol != "labelled_half", negatives=protocol != "one_each")
    progress = Console(stderr=True)
    for seed in track(range(repeats), protocol, console=progress, transient=True):
        _measure_once(world, found, result, seed)
    return result


def _measure_once(world: World, found: dict[str, Candidate], result: Measured, seed: int) -> None:
    shape, rows = world.truth.shape, world.measured
    names = list(found) if result.protocol == "one_each" else [*found, SELECTED]
    scores = {name: np.zeros(shape) for name in names}
    unknown, accepted = np.zeros((2, *shape), bool)
    pair = halves(len(world.truth), seed=seed)
    for labelled, other in (pair, pair[::-1]):
        states = known_states(world.truth, labelled, result.protocol, seed=seed)
        task = Task(world=world, fit_rows=labelled, rows=other, states=states)
        unknown[other] = task.known == 0
        for name, candidate in found.items():
            scores[name][other] = candidate(task)
        if SELECTED in scores:
            best = select(world, labelled, result.protocol, found, seed=seed)
            result.chosen[best.name] += 1
            _use(best, scores, accepted, other)
    for name, values in scores.items():
        ranking = Ranking.of(values[rows], world.truth[rows], unknown[rows])
        result.rankings.setdefault(name, []).append(ranking)
    right = accepted & unknown & world.truth
    counts = [array[rows].sum() for array in (right, accepted & unknown, world.truth & unknown)]
    result.at_transferred.append((int(counts[0]), int(counts[1]), int(counts[2])))


def _use(
    best: Selection, scores: dict[str, np.ndarray], accepted: np.ndarray, rows: np.ndarray
) -> None:
    values = scores[best.name][rows]
    accepted[rows] = values >= best.threshold
    scores[SELECTED][rows] = values


@cache
def _weights(num_images: int) -> np.ndarray:
    """The images once each, then drawn with replacement; the same for all candidates."""
    drawn = draw_images(num_images, NUM_DRAWS, seed=11)
    return np.concatenate([np.ones((1, num_images), np.float32), drawn])
