from dataclasses import replace

import numpy as np
import pytest

from components.search import recall
from components.search.approximate import ApproximateSearch
from components.search.index import unit_rows
from components.search.recall import build_index

ENCODER = "e-0123456789ab"


@pytest.fixture(scope="module")
def vectors():
    rng = np.random.default_rng(1)
    return unit_rows(rng.normal(size=(1500, 16))).astype(np.float16)


def test_a_graph_of_poor_recall_is_not_used(vectors, monkeypatch):
    queries = {"text": unit_rows(np.random.default_rng(3).normal(size=(40, 16)))}
    good = build_index(ENCODER, vectors, queries, exact_below=1, min_recall=0.95)
    assert good.index.method == "hnsw"
    found = good.recalls[0].recall
    assert found is not None
    assert found >= 0.95
    monkeypatch.setattr(recall, "EFFORTS", (1,))
    monkeypatch.setattr(ApproximateSearch, "build", classmethod(_a_graph_of_noise))
    poor = build_index(ENCODER, vectors, queries, exact_below=1, min_recall=0.95)
    assert poor.index.method == "exact"
    assert poor.recalls[0].method == "exact"
    assert "only" in poor.choice


def _a_graph_of_noise(cls, vectors):
    shuffled = np.random.default_rng(0).permutation(vectors)
    return replace(_REAL_BUILD(shuffled), vectors=vectors)


_REAL_BUILD = ApproximateSearch.build


def test_recall_without_queries_is_unknown(vectors):
    nothing = {"text": np.empty((0, 16), np.float32)}
    built = build_index(ENCODER, vectors, nothing, exact_below=10_000, min_recall=0.9)
    assert built.recalls[0].recall is None
