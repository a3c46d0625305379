"""Measures every candidate under a protocol, over repeated halves and drawn images."""

from collections import Counter
from dataclasses import dataclass, field
from functools import cache

import numpy as np
from rich.console import Console
from rich.progress import track

from bench.proposals.candidates import candidates
from bench.proposals.cross_fit import SELECTED, rank
from bench.proposals.protocols import Protocol
from bench.proposals.ranking import Ranking
from bench.proposals.world import ProposalWorld
from components.metrics.bootstrap import draw_images

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


def measure(world: ProposalWorld, protocol: Protocol, *, repeats: int) -> Measured:
    """Score both halves of every repeat, each by what the other teaches."""
    result = Measured(protocol=protocol)
    found = candidates(observed=protocol != "labelled_half", negatives=protocol != "one_each")
    deciding = None if protocol == "one_each" else SELECTED
    progress = Console(stderr=True)
    for seed in track(range(repeats), protocol, console=progress, transient=True):
        ranked = rank(world, protocol, found, seed=seed, deciding=deciding)
        result.chosen.update(ranked.chosen)
        for name, ranking in ranked.rankings.items():
            result.rankings.setdefault(name, []).append(ranking)
        if ranked.accepted is not None:
            result.at_transferred.append(ranked.accepted.totals)
    return result


@cache
def _weights(num_images: int) -> np.ndarray:
    """The images once each, then drawn with replacement; the same for all candidates."""
    drawn = draw_images(num_images, NUM_DRAWS, seed=11)
    return np.concatenate([np.ones((1, num_images), np.float32), drawn])
