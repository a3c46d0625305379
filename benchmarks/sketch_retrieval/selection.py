"""Which conversion a fold uses, chosen on its seen classes alone.

Among the five seen classes every pair is left out in turn; a candidate is made from the
other three, and asked with the pair's sketches against the photographs of all five. The
candidate of the highest mean AP over the ten pairs is used for the unseen classes.
"""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
from jaxtyping import Bool, Float

from benchmarks.sketch_retrieval.conversion import PHOTO_TEMPERATURE, Candidate, Converters
from benchmarks.sketch_retrieval.features import Sketches
from components.methods.ma_sbir.converter import SketchConverter
from components.methods.ma_sbir.settling import settle
from components.metrics.retrieval import retrieval_average_precision

INNER_SEED = 0


def scores(
    data: Sketches,
    converter: SketchConverter,
    candidate: Candidate,
    queried: Sequence[int],
    shown: Sequence[int],
) -> Float[np.ndarray, "queries photos"]:
    """Cosines of the sketches of ``queried`` with the photographs of ``shown``."""
    sketches = data.sketches[candidate.sketch_temperature][data.sketches_of(queried)]
    queries = converter.queries(sketches)
    gallery = converter.gallery(data.photos[PHOTO_TEMPERATURE][data.photos_of(shown)])
    if candidate.settling is not None:
        queries = settle(queries, gallery, candidate.settling)
    return queries @ gallery.T


def relevance(
    data: Sketches,
    found: Float[np.ndarray, "queries photos"],
    queried: Sequence[int],
    shown: Sequence[int],
) -> Bool[np.ndarray, "queries photos"]:
    """Whether the photograph at each rank is of the query's class; ties keep their order."""
    query_classes = data.sketch_classes[data.sketches_of(queried)]
    photo_classes = data.photo_classes[data.photos_of(shown)]
    order = np.argsort(-found, axis=1, kind="stable")
    return photo_classes[order] == query_classes[:, None]


def choose(
    data: Sketches, converters: Converters, seen: Sequence[int], grid: Sequence[Candidate]
) -> tuple[Candidate, float]:
    """The candidate that does best among the ``seen`` classes, and its mean AP there."""
    rows: list[list[float]] = []
    for pair in combinations(seen, 2):
        rest = tuple(c for c in seen if c not in pair)
        row: list[float] = []
        for candidate in grid:
            converter = converters.make(rest, candidate, INNER_SEED)
            found = scores(data, converter, candidate, pair, seen)
            precision = retrieval_average_precision(relevance(data, found, pair, seen))
            row.append(float(precision.mean()))
        rows.append(row)
    means = np.mean(rows, axis=0)
    best = int(means.argmax())
    return grid[best], float(means[best])
