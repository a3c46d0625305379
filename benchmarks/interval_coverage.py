"""How often an interval of mAP holds the mAP of very many such images.

Run from the project root: ``python -m benchmarks.interval_coverage [--json] [--quick]``. Test
sets are drawn from populations whose mAP is known by 60,000 images of them, and each is given
its intervals: the single figure by halves, the single figure by centred draws with
replacement, and the difference of two taggers by draws with replacement.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from benchmarks.figures import Figure, run_benchmark_or_part
from components.metrics.bootstrap import (
    Interval,
    centred_interval,
    draw_images,
    drawn_average_precision,
    drawn_mean_average_precision,
    interval,
)
from components.metrics.ranking import average_precision
from components.metrics.single_figures import draw_halves, single_interval

NUM_POPULATION = 60_000
NUM_DRAWS = 200
SIZES, QUICK_SIZES = (50, 100, 200, 400, 800), (200,)
NUM_TRIALS, NUM_QUICK = 60, 60
KINDS = ("halves", "centred", "difference")


@dataclass(frozen=True, kw_only=True, slots=True)
class Population:
    """Labels of some frequency, and two taggers, the second of which is a little better."""

    name: str
    num_labels: int
    rates: tuple[float, float]
    """Least and greatest share of images that show a label."""
    common: float
    """How far the scores of one image go up and down together."""

    def sample(
        self, num_images: int, seed: int
    ) -> tuple[Bool[np.ndarray, "images labels"], Float[np.ndarray, "2 images labels"]]:
        """Truth, and the scores of both taggers."""
        laws = np.random.default_rng(1)
        rate = laws.uniform(*self.rates, self.num_labels)
        shift = laws.uniform(0.8, 3, self.num_labels)
        rng = np.random.default_rng(seed)
        truth = rng.random((num_images, self.num_labels)) < rate
        noise = rng.standard_normal((2, num_images, self.num_labels))
        together = self.common * rng.standard_normal((2, num_images, 1))
        return truth, noise + together + np.stack([shift * truth, (shift + 0.3) * truth])


POPULATIONS = (
    Population(name="30_labels", num_labels=30, rates=(0.02, 0.15), common=0.0),
    Population(name="30_labels_together", num_labels=30, rates=(0.02, 0.15), common=0.7),
    Population(name="80_rare_labels", num_labels=80, rates=(0.01, 0.08), common=0.0),
)


def measure(quick: bool) -> Iterator[Figure]:
    """Share of nominal 95 % intervals that hold what they should."""
    for population in POPULATIONS[:1] if quick else POPULATIONS:
        truth, scores = population.sample(NUM_POPULATION, 0)
        wanted = [_mean_ap(each, truth) for each in scores]
        for size in QUICK_SIZES if quick else SIZES:
            held = coverage(population, size, wanted, NUM_QUICK if quick else NUM_TRIALS)
            for kind in KINDS:
                yield Figure(
                    name=f"coverage.{kind}.{population.name}.{size}_images",
                    value=held[kind],
                    unit="1",
                    against=0.95,
                )


def coverage(
    population: Population, num_images: int, wanted: list[float], num_trials: int
) -> dict[str, float]:
    """Share of the intervals of each kind that hold the population's figure."""
    held = dict.fromkeys(KINDS, 0)
    for trial in range(num_trials):
        truth, scores = population.sample(num_images, 1000 + trial)
        own = [_mean_ap(each, truth) for each in scores]
        drawn = [
            _drawn(each, truth, draw_images(num_images, NUM_DRAWS, seed=trial)) for each in scores
        ]
        halves = _drawn(scores[0], truth, draw_halves(num_images, NUM_DRAWS, seed=trial))
        held["halves"] += _holds(single_interval(own[0], halves), wanted[0])
        held["centred"] += _holds(centred_interval(own[0], drawn[0]), wanted[0])
        apart = interval(own[1] - own[0], drawn[1] - drawn[0])
        held["difference"] += _holds(apart, wanted[1] - wanted[0])
    return {kind: count / num_trials for kind, count in held.items()}


def _holds(found: Interval, value: float) -> bool:
    return found.low <= value <= found.high


def _drawn(scores: np.ndarray, truth: np.ndarray, weights: np.ndarray) -> np.ndarray:
    known = np.ones_like(truth)
    return drawn_mean_average_precision(drawn_average_precision(scores, truth, known, weights))


def _mean_ap(scores: np.ndarray, truth: np.ndarray) -> float:
    return float(np.nanmean(average_precision(scores, truth)))


if __name__ == "__main__":
    run_benchmark_or_part(measure)
