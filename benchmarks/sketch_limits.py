"""What bounds sketch retrieval on unseen classes: oracles and ways not taken.

Run from the project root: ``python -m benchmarks.sketch_limits [--logits FILE]``. For each
of 21 pairs of unseen classes it prints mAP@all (ordinary AP) of the unseen classes'
sketches and of the seen classes', on all 280 photographs. Oracles see what no way may.
"""

import argparse
from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import numpy as np

from benchmarks.sketch_retrieval.features import load_world
from components.methods.ma_sbir.conversion import CENTRED, Conversion, Fitter
from components.methods.ma_sbir.query_expansion import unit
from components.methods.ma_sbir.selection import relevance
from components.methods.ma_sbir.world import SketchWorld
from components.metrics.retrieval import retrieval_average_precision

DRAWING = "painted softened"
Sides = tuple[np.ndarray, np.ndarray]
Way = Callable[[SketchWorld, tuple[int, ...]], Sides]


def fixed(conversion: Conversion) -> Way:
    """A conversion by means of the seen classes, or of those it is told."""

    def way(world: SketchWorld, seen: tuple[int, ...]) -> Sides:
        offsets = Fitter(world).offsets(seen, conversion, 0)
        return offsets.queries(world.sketches[conversion.drawing]), offsets.gallery(world.photos)

    return way


def centred(world: SketchWorld, seen: tuple[int, ...]) -> Sides:
    """Each painted drawing and photograph without its modality's mean."""
    return fixed(Conversion(drawing=DRAWING))(world, seen)


def all_means(world: SketchWorld, _seen: tuple[int, ...]) -> Sides:
    """Oracle: means over all classes; no class is new to them."""
    return centred(world, tuple(range(world.num_classes)))


def supervised_map(share: float, shrinkage: float) -> Way:
    """A linear map from seen sketches to their class's mean photograph, added to the query."""

    def way(world: SketchWorld, seen: tuple[int, ...]) -> Sides:
        queries, photos = centred(world, seen)
        own = world.sketches_of(seen)
        means = np.stack([photos[column].mean(axis=0) for column in world.shown.T])
        inputs, targets = queries[own], unit(means)[world.sketch_classes[own]]
        moment = inputs.T @ inputs
        ridge = shrinkage * np.trace(moment) / len(moment) * np.eye(len(moment))
        mapped = queries @ np.linalg.solve(moment + ridge, inputs.T @ targets)
        return unit(queries + share * unit(mapped)), photos

    return way


def whitened(*, within: bool) -> Way:
    """The spread of seen pictures shrunk: within their classes, or all of it."""

    def way(world: SketchWorld, seen: tuple[int, ...]) -> Sides:
        offsets = Fitter(world).offsets(seen, Conversion(drawing=DRAWING), 0)
        sketches = world.sketches[DRAWING] - offsets.sketch
        photos = world.photos - offsets.photo
        spread = [
            group - (group.mean(axis=0) if within else 0)
            for c in seen
            for group in (sketches[world.sketch_classes == c], photos[world.shown[:, c]])
        ]
        rows = np.concatenate(spread)
        values, directions = np.linalg.eigh(rows.T @ rows)
        metric = directions * (np.maximum(values, 0) / values.mean() + 1) ** -0.5
        return unit(sketches @ metric), unit(photos @ metric)

    return way


def names(world: SketchWorld, _seen: tuple[int, ...]) -> Sides:
    """Oracle: the vector of the right class's name in place of the sketch."""
    vectors = unit(world.class_vectors - world.class_vectors.mean(axis=0))
    return vectors[world.sketch_classes], unit(world.photos - world.photos.mean(axis=0))


def class_photos(world: SketchWorld, _seen: tuple[int, ...]) -> Sides:
    """Oracle: the mean photograph of the right class in place of the sketch."""
    photos = unit(world.photos - world.photos.mean(axis=0))
    means = np.stack([photos[column].mean(axis=0) for column in world.shown.T])
    return unit(means)[world.sketch_classes], photos


WAYS: dict[str, Way] = {
    "centred, as drawn": fixed(CENTRED),
    "centred, painted": fixed(Conversion(drawing="painted")),
    "centred, softened": fixed(Conversion(drawing="plain softened")),
    "centred, painted and softened": centred,
    "the same, spread within classes whitened": whitened(within=True),
    "the same, all spread whitened": whitened(within=False),
    "the same, with half a supervised map": supervised_map(0.5, 1.0),
    "the same, all by a supervised map": supervised_map(100.0, 1.0),
    "oracle: means over all seven classes": all_means,
    "oracle: the class's name as the query": names,
    "oracle: the class's mean photograph": class_photos,
}


def measure(world: SketchWorld, way: Way) -> tuple[float, float, np.ndarray]:
    """Mean AP of unseen and of seen classes' sketches; who answers first."""
    unseen_maps: list[float] = []
    seen_maps: list[float] = []
    answers = np.zeros((world.num_classes, world.num_classes))
    everything = np.ones(len(world.photos), bool)
    asked = np.ones(len(world.sketch_classes), bool)
    for unseen in combinations(range(world.num_classes), 2):
        seen = tuple(c for c in range(world.num_classes) if c not in unseen)
        queries, photos = way(world, seen)
        found = queries @ photos.T
        precision = retrieval_average_precision(relevance(world, found, asked, everything))
        own = world.sketches_of(unseen)
        unseen_maps.append(float(precision[own].mean()))
        seen_maps.append(float(precision[~own].mean()))
        first = np.argsort(-found, axis=1, kind="stable")[:, :40]
        for c in unseen:
            answers[c] += world.shown[first[world.sketch_classes == c]].mean(axis=(0, 1))
    return float(np.mean(unseen_maps)), float(np.mean(seen_maps)), answers / (len(answers) - 1)


def main() -> None:
    """Print a line a way, and which classes answer the painted sketches."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--logits", type=Path, help="keep class logits here between runs (npz)")
    data = load_world(parser.parse_args().logits)
    for name, way in WAYS.items():
        unseen, seen, _ = measure(data.world, way)
        print(f"{name}: unseen {unseen:.3f}, seen {seen:.3f}", flush=True)
    _, _, answers = measure(data.world, centred)
    print("share of the first 40 answers:", " ".join(data.names))
    for name, row in zip(data.names, answers, strict=True):
        print(f"  {name}:", " ".join(f"{share:.2f}" for share in row))


if __name__ == "__main__":
    main()
