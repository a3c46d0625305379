"""Which conversion is used for unseen classes, chosen on seen classes alone.

Some of the seen classes are held out in turn; a conversion is fitted to the rest, and all
sketches of the seen classes are asked against the photographs that show no unseen class.
What counts is the harmonic mean of two mean APs, of the held-out classes' sketches and of
the rest's: a conversion that merely prefers photographs of classes it was not fitted to
gains on the first and loses on the second.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from math import comb

import numpy as np
from jaxtyping import Bool, Float

from components.methods.ma_sbir.conversion import Classes, Conversion, Fitter
from components.methods.ma_sbir.offsets import Offsets
from components.methods.ma_sbir.query_expansion import QueryExpansion, expand_queries
from components.methods.ma_sbir.world import SketchWorld
from components.metrics.retrieval import retrieval_average_precision

ORIGINS = ((1.0, 1.0), (0.5, 1.0), (0.0, 1.0), (0.0, 0.75))
TRAINED_ORIGINS = (0.5, 0.0)
MIN_CLASSES_TO_TRAIN = 20
"""Of a few classes trained vectors learn what those few happen to share."""
EXPANSIONS = (
    QueryExpansion(num_neighbours=10, strength=0.5, num_steps=1),
    *(QueryExpansion(num_neighbours=k, strength=3.0, num_steps=3) for k in (10, 20, 40)),
)
"""One step a little way, and three steps most of the way."""
MAX_HOLD_OUTS = 10
DRAWN_HOLD_OUTS = 2
INNER_SEED = 0


def choose_conversion(
    fitter: Fitter, seen: Classes, hold_outs: Sequence[Classes]
) -> tuple[Conversion, float]:
    """Drawing, origin and gap, then trained vectors or not; and what it reached."""
    candidates = [
        Conversion(drawing=drawing, origin=origin, gap=gap)
        for drawing in fitter.world.sketches
        for origin, gap in ORIGINS
    ]
    best, score = best_conversion(candidates, fitter, seen, hold_outs)
    if len(seen) < MIN_CLASSES_TO_TRAIN:
        return best, score
    trained = [
        replace(best, vectors="trained", origin=origin, gap=1.0) for origin in TRAINED_ORIGINS
    ]
    return best_conversion([best, *trained], fitter, seen, hold_outs)


def choose_expansion(
    conversion: Conversion, fitter: Fitter, seen: Classes, hold_outs: Sequence[Classes]
) -> tuple[Conversion, float]:
    """The conversion as it is, or followed by moves towards some photographs."""
    expanded = [replace(conversion, expansion=expansion) for expansion in EXPANSIONS]
    return best_conversion([conversion, *expanded], fitter, seen, hold_outs)


def best_conversion(
    candidates: Sequence[Conversion],
    fitter: Fitter,
    seen: Classes,
    hold_outs: Sequence[Classes],
) -> tuple[Conversion, float]:
    """The candidate of the highest mean over ``hold_outs``; the first of equals."""
    means = [
        float(np.mean([inner_score(c, fitter, seen, held_out) for held_out in hold_outs]))
        for c in candidates
    ]
    best = int(np.argmax(means))
    return candidates[best], means[best]


def inner_score(conversion: Conversion, fitter: Fitter, seen: Classes, held_out: Classes) -> float:
    """Harmonic mean of the mean APs of held-out and of fitted classes."""
    world = fitter.world
    fitted = tuple(c for c in seen if c not in held_out)
    offsets = fitter.offsets(fitted, conversion, INNER_SEED)
    queries, gallery = world.sketches_of(seen), world.photos_only_of(seen)
    found = scores(world, offsets, conversion, queries, gallery)
    precision = retrieval_average_precision(relevance(world, found, queries, gallery))
    held = np.isin(world.sketch_classes[queries], held_out)
    parts = np.array([np.nanmean(precision[held]), np.nanmean(precision[~held])])
    return float(2 / (1 / parts).sum())


def scores(
    world: SketchWorld,
    offsets: Offsets,
    conversion: Conversion,
    queries: Bool[np.ndarray, " sketches"],
    gallery: Bool[np.ndarray, " photos"],
) -> Float[np.ndarray, "asked found"]:
    """Cosines of the chosen sketches with the chosen photographs."""
    asked = offsets.queries(world.sketches[conversion.drawing][queries])
    photos = offsets.gallery(world.photos[gallery])
    if conversion.expansion is not None:
        asked = expand_queries(asked, photos, conversion.expansion)
    return asked @ photos.T


def relevance(
    world: SketchWorld,
    found: Float[np.ndarray, "asked found"],
    queries: Bool[np.ndarray, " sketches"],
    gallery: Bool[np.ndarray, " photos"],
) -> Bool[np.ndarray, "asked found"]:
    """Whether the photograph at each rank shows the sketch's class; ties keep their order."""
    order = np.argsort(-found, axis=1, kind="stable")
    right = world.shown[gallery][:, world.sketch_classes[queries]].T
    return np.take_along_axis(right, order, axis=1)


def hold_outs_of(seen: Classes, num_unseen: int, seed: int) -> list[Classes]:
    """As many classes at a time as are unseen, at most half of the seen ones.

    All such sets if there are no more than ten; else two drawn ones that share no class
    as long as classes last.
    """
    size = max(1, min(num_unseen, len(seen) // 2))
    if comb(len(seen), size) <= MAX_HOLD_OUTS:
        return list(combinations(seen, size))
    rng = np.random.default_rng(seed)
    rounds = -(-DRAWN_HOLD_OUTS * size // len(seen))
    order = np.concatenate([rng.permutation(seen) for _ in range(rounds)])
    drawn = order[: DRAWN_HOLD_OUTS * size].reshape(DRAWN_HOLD_OUTS, size)
    return [tuple(sorted({int(c) for c in row})) for row in drawn]
