"""What a project's service would gain from a conversion of sketches fitted to its own labels.

Run from the project root: ``python -m benchmarks.service_sketches [--json] [--cards PROJECT]``.
PROJECT is a finished project with sketches, by default this folder after ``make demo``. A fifth of the classes that have sketches is left out in turn. A
conversion is fitted to the other classes, and chosen among them, with the labels that the
project knows of its training and hold-out photographs; the left-out classes' sketches are
then asked against all photographs, with hidden labels as truth beside the known ones. It
is compared with what the service does: the mean of all photographs and the mean of all
sketches taken off, which needs no label.
"""

import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float

from benchmarks.figures import Figure, run_on_project
from benchmarks.sketch_retrieval.intervals import over_classes
from components.data.examples import Example, read_examples
from components.features.label_vectors import LabelVectors
from components.features.store import FeatureStore
from components.labels.states import PRESENT
from components.labels.tables import read_matrix
from components.labels.vocabulary import Vocabulary
from components.methods.ma_sbir.conversion import CENTRED, RAW, Classes, Conversion, Fitter
from components.methods.ma_sbir.offsets import Offsets
from components.methods.ma_sbir.selection import (
    choose_conversion,
    choose_expansion,
    hold_outs_of,
    relevance,
    scores,
)
from components.methods.ma_sbir.world import PLAIN, SketchWorld
from components.metrics.retrieval import retrieval_average_precision
from components.search.index import unit_rows
from project.layout import Layout

NUM_FOLDS = 5
SEED = 0
PAIRS = (
    ("centred by the service", "raw"),
    ("converted", "raw"),
    ("converted", "centred by the service"),
    ("converted and expanded", "centred by the service"),
)


def read_worlds(layout: Layout) -> tuple[SketchWorld, SketchWorld]:
    """What may be learnt from, and what is asked: known labels, and the truth of all photographs.

    Sketches without exactly one label are left out.
    """
    labels, vocabulary = LabelVectors.load(layout.label_vectors), Vocabulary.load(layout.vocabulary)
    store = FeatureStore(layout.features, labels.encoder_id)
    held = store.hashes("original")
    rows = [row for row in read_examples(layout.examples) if row.content_hash in held]
    photos = [row for row in rows if row.modality == "photo"]

    def present(of: list[Example], path: Path) -> Bool[np.ndarray, "rows labels"]:
        return read_matrix(path, [row.id for row in of], vocabulary).states == PRESENT

    def vectors(of: list[Example]) -> Float[np.ndarray, "rows embed"]:
        return unit_rows(store.load_global("original", [row.content_hash for row in of]))

    sketches = [row for row in rows if row.modality == "sketch"]
    drawn = present(sketches, layout.labels)
    one = drawn.sum(axis=1) == 1
    world = partial(
        SketchWorld,
        sketches={PLAIN: vectors(sketches)[one]},
        sketch_classes=drawn[one].argmax(axis=1),
        class_vectors=labels.vectors,
    )
    of_photos, known = vectors(photos), present(photos, layout.labels)
    learnt = np.array([row.split != "test" for row in photos])
    truth = known | present(photos, layout.hidden_labels)
    return (
        world(photos=of_photos[learnt], shown=known[learnt]),
        world(photos=of_photos, shown=truth),
    )


def measure(learnt: SketchWorld, asked: SketchWorld) -> dict[str, np.ndarray]:
    """Ordinary average precision of each sketch while its class is left out, by way of asking."""
    classes = np.unique(asked.sketch_classes)
    folds = np.array_split(np.random.default_rng(SEED).permutation(classes), NUM_FOLDS)
    fitter = Fitter(learnt)
    nothing = np.zeros_like(asked.photos[0])
    service = Offsets(asked.photos.mean(axis=0), asked.sketches[PLAIN].mean(axis=0))
    found: dict[str, np.ndarray] = {}
    for fold in folds:
        unseen: Classes = tuple(sorted(int(c) for c in fold))
        seen = tuple(int(c) for c in classes if c not in fold)
        hold_outs = hold_outs_of(seen, len(unseen), SEED)
        chosen, _ = choose_conversion(fitter, seen, hold_outs)
        expanded, _ = choose_expansion(chosen, fitter, seen, hold_outs)
        fitted = fitter.offsets(seen, chosen, SEED)
        print(f"chosen on {len(seen)} seen classes: {expanded}", file=sys.stderr, flush=True)
        ways: dict[str, tuple[Offsets, Conversion]] = {
            "raw": (Offsets(nothing, nothing), RAW),
            "centred by the service": (service, CENTRED),
            "converted": (fitted, chosen),
            "converted and expanded": (fitted, expanded),
        }
        queries, everything = asked.sketches_of(unseen), np.ones(len(asked.photos), bool)
        for way, (offsets, conversion) in ways.items():
            ranked = scores(asked, offsets, conversion, queries, everything)
            precision = retrieval_average_precision(relevance(asked, ranked, queries, everything))
            found.setdefault(way, np.full(len(queries), np.nan))[queries] = precision
    return found


def figures(project: Path) -> Iterator[Figure]:
    """MAP of every way, and differences with intervals over classes and queries."""
    learnt, asked = read_worlds(Layout(project))
    found = measure(learnt, asked)
    for way, values in found.items():
        yield Figure(name=f"{_word(way)}.map_all", value=float(np.nanmean(values)), unit="1")
    for way, other in PAIRS:
        told = over_classes(found[way] - found[other], asked.sketch_classes)
        yield Figure(
            name=f"{_word(way)}_over_{_word(other)}",
            value=told.mean,
            unit="1",
            low=told.low,
            high=told.high,
            against=0.0,
        )


def _word(way: str) -> str:
    return way.replace(" ", "_")


if __name__ == "__main__":
    run_on_project(figures, __doc__ or "")
