"""Leave two classes out: every pair of classes is unseen once."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import combinations

from benchmarks.sketch_retrieval.features import NamedWorld
from components.methods.ma_sbir.protocol import WAYS, SketchProtocol, UnseenResult

UNPAINTED = "converted_unpainted"
NUM_UNSEEN = 2
Pairs = Sequence[tuple[int, ...]]


def all_folds(
    data: NamedWorld,
    seeds: Sequence[int],
    follow: Callable[[Pairs], Iterator[tuple[int, ...]]] = iter,
) -> list[UnseenResult]:
    """Every way on every pair with every seed; ``follow`` may show progress.

    ``converted_unpainted`` is ``converted`` in the world without painted sketches.
    """
    protocol, unpainted = SketchProtocol(data.world), SketchProtocol(data.unpainted())
    results: list[UnseenResult] = []
    for unseen in follow(list(combinations(range(len(data.names)), NUM_UNSEEN))):
        for seed in seeds:
            results += [protocol.run(way, unseen, seed) for way in WAYS]
            results.append(replace(unpainted.run("converted", unseen, seed), way=UNPAINTED))
    return results
