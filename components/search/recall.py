"""Recall of the index against exact search, and the choice of its effort."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float16, Float32, Int64

from components.search.approximate import ApproximateSearch
from components.search.index import SearchIndex

NEIGHBOURS = 10
EFFORTS = (64, 128, 256, 512, 1024)


@dataclass(frozen=True, slots=True)
class Recall:
    """Share of the true 10 nearest that the index returns, for one kind of query.

    ``method`` is ``exact`` where the index compares all rows: recall is then 1
    by construction, not by measurement. ``recall`` is None without queries.
    """

    kind: str
    method: str
    num_queries: int
    recall: float | None
    k: int = NEIGHBOURS


def overlap(found: Int64[np.ndarray, "queries k"], truth: Int64[np.ndarray, "queries k"]) -> float:
    """Mean share of each row of ``truth`` that the same row of ``found`` holds."""
    shares = [np.isin(right, left).mean() for left, right in zip(found, truth, strict=True)]
    return float(np.mean(shares))


def measure_recall(
    index: SearchIndex, queries: Mapping[str, Float32[np.ndarray, "queries embed"]]
) -> list[Recall]:
    """Recall of ``index`` for each kind of query, separately.

    Text queries lie outside the cloud of pictures, so a graph that answers
    pictures well may still fail them.
    """
    measured: list[Recall] = []
    for kind, vectors in queries.items():
        recall = None
        if len(vectors):
            truth = index.search_exactly(vectors, NEIGHBOURS).rows
            found = index.search(vectors, NEIGHBOURS, encoder_id=index.encoder_id).rows
            recall = overlap(found, truth)
        measured.append(Recall(kind, index.method, len(vectors), recall))
    return measured


@dataclass(frozen=True, slots=True)
class BuiltIndex:
    """An index, its recall, and a sentence on how its method was chosen."""

    index: SearchIndex
    recalls: list[Recall]
    choice: str


def build_index(
    encoder_id: str,
    vectors: Float16[np.ndarray, "rows embed"],
    queries: Mapping[str, Float32[np.ndarray, "queries embed"]],
    *,
    exact_below: int,
    min_recall: float,
) -> BuiltIndex:
    """Exact search for few rows; above, a graph, if it reaches ``min_recall``.

    The graph's effort is raised until every kind of query reaches the wanted
    recall. If the greatest effort does not, the index compares all rows after
    all, and says so: slow answers are better than quietly missing ones.
    """
    exact = SearchIndex(encoder_id, vectors)
    if len(vectors) < exact_below:
        choice = f"exact search: {len(vectors)} pictures are fewer than {exact_below}"
        return BuiltIndex(exact, measure_recall(exact, queries), choice)
    graph = ApproximateSearch.build(vectors)
    worst = 0.0
    for ef in EFFORTS:
        index = replace(exact, graph=graph.with_ef(ef))
        recalls = measure_recall(index, queries)
        worst = min((entry.recall for entry in recalls if entry.recall is not None), default=1.0)
        if worst >= min_recall:
            return BuiltIndex(index, recalls, f"graph search with ef {ef}: recall {worst:.3f}")
    choice = (
        f"exact search: the graph reached a recall of only {worst:.3f} "
        f"with ef {EFFORTS[-1]}, {min_recall:g} is wanted"
    )
    return BuiltIndex(exact, measure_recall(exact, queries), choice)
