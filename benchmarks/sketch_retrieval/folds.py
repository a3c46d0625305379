"""Leave two classes out: every pair of classes is unseen once."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations

import numpy as np
from jaxtyping import Float

from benchmarks.sketch_retrieval.conversion import (
    PHOTO_TEMPERATURE,
    PLAIN,
    Candidate,
    Converters,
    conversions,
    settlings,
)
from benchmarks.sketch_retrieval.features import Sketches
from benchmarks.sketch_retrieval.selection import choose, relevance, scores
from components.methods.ma_sbir.converter import published_queries
from components.methods.ma_sbir.modalities import Modality
from components.methods.ma_sbir.settling import Settling, settle
from components.metrics.interpolated import interpolated_average_precision
from components.metrics.retrieval import retrieval_average_precision

FIXED_SETTLING = Settling(num_neighbours=20)
"""For raw and centred queries, which choose nothing."""
Scores = Float[np.ndarray, "queries photos"]


@dataclass(frozen=True, kw_only=True, slots=True)
class FoldResult:
    """What one way of asking reached on one pair of unseen classes with one seed.

    ``ordinary`` and ``interpolated`` are the average precisions of the queries at
    ``rows`` among all sketches.
    """

    way: str
    unseen: tuple[int, int]
    seed: int
    rows: np.ndarray
    ordinary: Float[np.ndarray, " queries"]
    interpolated: Float[np.ndarray, " queries"]
    settings: dict[str, object] | None = None
    inner_map: float | None = None


class Fold:
    """Two unseen classes; everything is made and chosen on the others."""

    def __init__(self, data: Sketches, converters: Converters, unseen: tuple[int, int]) -> None:
        self._data = data
        self._converters = converters
        self._everything = tuple(range(len(data.names)))
        self.unseen = unseen
        self.seen = tuple(c for c in self._everything if c not in unseen)

    def results(self, seeds: Sequence[int]) -> Iterator[FoldResult]:
        """Every way of asking, with every seed."""
        trained = [c for c in conversions() if c.offsets == "trained"]
        chosen = {
            "converted": self._choose(conversions()),
            "converted_by_trained": self._choose(trained),
        }
        chosen["settled"] = self._choose(settlings(chosen["converted"][0]))
        for seed in seeds:
            yield self._result("raw", seed, self._raw(None))
            yield self._result("raw_settled", seed, self._raw(FIXED_SETTLING))
            yield self._result("centred", seed, self._converted(PLAIN, seed))
            yield self._result("published", seed, self._published(seed))
            for way, (candidate, inner_map) in chosen.items():
                found = self._converted(candidate, seed)
                yield self._result(way, seed, found, candidate, inner_map)

    def _choose(self, grid: Sequence[Candidate]) -> tuple[Candidate, float]:
        return choose(self._data, self._converters, self.seen, grid)

    def _raw(self, settling: Settling | None) -> Scores:
        queries, photos = self._vectors()
        return (queries if settling is None else settle(queries, photos, settling)) @ photos.T

    def _published(self, seed: int) -> Scores:
        vectors = self._converters.vectors(self.seen, PLAIN.sketch_temperature, seed)
        queries, photos = self._vectors()
        return (
            published_queries(queries, vectors[Modality.SKETCH], vectors[Modality.PHOTO]) @ photos.T
        )

    def _converted(self, candidate: Candidate, seed: int) -> Scores:
        converter = self._converters.make(self.seen, candidate, seed)
        return scores(self._data, converter, candidate, self.unseen, self._everything)

    def _vectors(self) -> tuple[np.ndarray, np.ndarray]:
        data = self._data
        sketches = data.sketches[PLAIN.sketch_temperature][data.sketches_of(self.unseen)]
        return sketches, data.photos[PHOTO_TEMPERATURE]

    def _result(
        self,
        way: str,
        seed: int,
        found: Scores,
        candidate: Candidate | None = None,
        inner_map: float | None = None,
    ) -> FoldResult:
        relevant = relevance(self._data, found, self.unseen, self._everything)
        return FoldResult(
            way=way,
            unseen=self.unseen,
            seed=seed,
            rows=np.flatnonzero(self._data.sketches_of(self.unseen)),
            ordinary=retrieval_average_precision(relevant),
            interpolated=interpolated_average_precision(relevant),
            settings=None if candidate is None else asdict(candidate),
            inner_map=inner_map,
        )


def all_folds(
    data: Sketches,
    seeds: Sequence[int],
    follow: Callable[[Sequence[tuple[int, ...]]], Iterator[tuple[int, ...]]] = iter,
) -> list[FoldResult]:
    """Results of every pair; ``follow`` may show progress over the pairs."""
    converters = Converters(data)
    pairs = list(combinations(range(len(data.names)), 2))
    return [
        result
        for first, second in follow(pairs)
        for result in Fold(data, converters, (first, second)).results(seeds)
    ]
